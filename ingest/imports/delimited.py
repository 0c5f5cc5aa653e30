"""Text files of rows: read whole, whatever their delimiter, line ends, marks and compression."""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import UnreadableFile
from ingest.imports.columns import Layout, count_known, recognise

_DELIMITERS = ",;\t|"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_OTHER_FORMATS = {b"PK\x03\x04": "a zip archive or an Excel workbook", b"%PDF": "a PDF"}
_LONGEST_ROW_LINES = 100
"""A quote left open would swallow the rest of the file: a row of more lines is given up."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands: its first line's number (from 1), its text, and its cells.

    `cells` is `None` when the text is not a row of this file; `problem` then says why.
    """

    line_number: int
    text: str
    cells: Sequence[str] | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One file: its name, the SHA-256 of what it holds (unpacked), its layout, its lines."""

    name: str
    digest: str
    layout: Layout
    delimiter: str
    header_line_count: int
    lines: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """Every row below the header that is not blank; `;;;` is, too."""
        place = self.header_line_count
        while place < len(self.lines):
            cells, line_count, problem = self._row_at(place)
            text = "".join(self.lines[place : place + line_count]).rstrip("\r\n")
            if cells is None or any(cell.strip() for cell in cells):
                yield self._checked(Row(place + 1, _printable(text), cells, problem), text)
            place += line_count

    def _row_at(self, place: int) -> tuple[Sequence[str] | None, int, str | None]:
        for line_count in range(1, min(_LONGEST_ROW_LINES, len(self.lines) - place) + 1):
            try:
                row = "".join(self.lines[place : place + line_count]).rstrip("\r\n")
                return _split(row, self.delimiter), line_count, None
            except csv.Error as error:
                if "unexpected end" not in str(error):
                    return None, 1, f"not a row of delimited text: {error}"
        return None, 1, "a quote is opened and never closed"

    def _checked(self, row: Row, text: str) -> Row:
        if row.cells is None:
            return row
        if row.text != text:
            return Row(row.line_number, row.text, None, "holds bytes that are not UTF-8")
        wanted = len(self.layout.header)
        if len(row.cells) < wanted or any(cell.strip() for cell in row.cells[wanted:]):
            problem = f"has {len(row.cells)} cells where the header has {wanted}"
            return Row(row.line_number, row.text, None, problem)
        return row


def read_export(path: Path) -> Export:
    """Read a file and recognise its header; `UnreadableFile` says what is wrong with it."""
    content = _unpacked(path)
    lines = tuple(io.StringIO(_decoded(content), newline=""))
    place = next((at for at, line in enumerate(lines) if _may_be_header(line)), None)
    if place is None:
        raise UnreadableFile(f"{path.name} is empty: an activity export begins with a header.")
    line = lines[place].rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=lambda candidate: count_known(_names(line, candidate)))
    layout = recognise(path.name, _names(line, delimiter))
    digest = hashlib.sha256(content).hexdigest()
    return Export(path.name, digest, layout, delimiter, place + 1, lines)


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnreadableFile(f"{path.name} is a damaged gzip file: export it again.") from None
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    for beginning, what in _OTHER_FORMATS.items():
        if content.startswith(beginning):
            raise UnreadableFile(f"{path.name} is {what}: export the activity as CSV.")
    return content


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    if encoding == "utf-16":
        return content.decode(encoding, errors="replace")
    # What is not UTF-8 stays recognisable, so that only the rows that hold it are set aside.
    return content.decode(encoding, errors="surrogateescape")


def _printable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _may_be_header(line: str) -> bool:
    # Excel writes its delimiter above the header.
    return bool(line.strip()) and not line.startswith("sep=")


def _names(line: str, delimiter: str) -> list[str]:
    try:
        return [_printable(name) for name in _split(line, delimiter)]
    except csv.Error:
        return [_printable(line)]


def _split(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])
