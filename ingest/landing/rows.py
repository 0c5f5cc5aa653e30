"""The rows of one segment, from its last lines to its first, in bounded memory."""

import functools
import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, NamedTuple

import polars as pl

from ingest.lake import to_frame
from ingest.landing.exact import read_line
from ingest.landing.plain import LINE, TEXT, PlainLines
from ingest.recording.lines import Arrival, Departure
from ingest.records import Outcome, Record, Settlement

CHUNK_BYTES = 8 * 1024 * 1024
FEW_LINES = 64
"""So few are read one by one in less time than it takes to begin with many."""
_PLAIN_ORDERS = {
    "usage_events": (*Departure.__struct_fields__, *Arrival.__struct_fields__),
    "outcomes": tuple(Outcome.model_fields),
    "settlements": tuple(Settlement.model_fields),
}
"""The tables of which a segment may hold many lines, and the order in which they are written."""
_logger = logging.getLogger(__name__)


class _Chunk(NamedTuple):
    """Whole lines of a segment: where they begin and end, and the number of the first."""

    begin: int
    end: int
    first_line: int


def rows_from_the_end(
    segment_name: str, file: BinaryIO, *, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[dict[str, pl.DataFrame]]:
    """The rows by table of one part of the segment after the other, the last part first.

    Of an event only the last line counts. A line that is no record is a row of `quarantine`.
    """
    # The start of an attempt is a row in doubt; what came later replaces it.
    told = pl.DataFrame(schema={"event_id": pl.String})
    for rows in _read_in_pairs(segment_name, file, chunk_bytes):
        if "usage_events" in rows:
            events = rows["usage_events"].unique("event_id", keep="last", maintain_order=True)
            events = events.join(told, on="event_id", how="anti", maintain_order="left")
            told = pl.concat([told, events.select("event_id")])
            rows["usage_events"] = events
        yield rows


def _read_in_pairs(
    segment_name: str, file: BinaryIO, chunk_bytes: int
) -> Iterator[dict[str, pl.DataFrame]]:
    """Two chunks at a time, the last first: what of it uses one core only uses two, then."""

    def read(chunk: _Chunk) -> dict[str, pl.DataFrame]:
        content = os.pread(file.fileno(), chunk.end - chunk.begin, chunk.begin)
        return read_lines(segment_name, chunk.first_line, content.split(b"\n")[:-1])

    chunks = [*_chunks(segment_name, file, chunk_bytes)]
    with ThreadPoolExecutor(2) as pool:
        while chunks:
            yield from pool.map(read, [chunks.pop() for _ in range(min(2, len(chunks)))])


def read_lines(
    segment_name: str, first_line: int, lines: Sequence[bytes]
) -> dict[str, pl.DataFrame]:
    """The rows of `lines` by table, in their order."""
    rows: defaultdict[str, list[pl.DataFrame]] = defaultdict(list)
    left: Sequence[int] = range(len(lines))
    if len(lines) >= FEW_LINES:
        others = pl.DataFrame([pl.Series(LINE, left, pl.Int64), _texts(lines)])
        for table_name in _PLAIN_ORDERS:
            plain, others = _plain_lines(table_name).read(others)
            rows[table_name].append(plain)
        left = others[LINE].to_list()
    for table_name, numbered in _read_exactly(segment_name, first_line, lines, left).items():
        numbers, records = zip(*numbered, strict=True)
        frame = to_frame(table_name, records)
        rows[table_name].append(frame.select(pl.Series(LINE, numbers, pl.Int64), pl.all()))
    return {
        table_name: frame
        for table_name, frames in rows.items()
        if not (frame := pl.concat(frames).sort(LINE).drop(LINE)).is_empty()
    }


def _read_exactly(
    segment_name: str, first_line: int, lines: Sequence[bytes], left: Sequence[int]
) -> dict[str, list[tuple[int, Record]]]:
    records: defaultdict[str, list[tuple[int, Record]]] = defaultdict(list)
    for number in left:
        if lines[number].strip():
            table_name, record = read_line(segment_name, first_line + number, lines[number])
            records[table_name].append((number, record))
    return records


def _texts(lines: Sequence[bytes]) -> pl.Series:
    try:
        return pl.Series(TEXT, lines, pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:  # Some line is no UTF-8.
        return pl.Series(TEXT, [_text(line) for line in lines], pl.String)


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


@functools.cache
def _plain_lines(table_name: str) -> PlainLines:
    is_told_again = table_name == "usage_events"
    return PlainLines(table_name, _PLAIN_ORDERS[table_name], latest=is_told_again)


def _chunks(segment_name: str, file: BinaryIO, chunk_bytes: int) -> Iterator[_Chunk]:
    begin, first_line = 0, 1
    file.seek(0)
    while block := file.read(chunk_bytes) + file.readline():
        end = begin + block.rfind(b"\n") + 1
        if end > begin:
            yield _Chunk(begin, end, first_line)
        if not block.endswith(b"\n"):
            # Its writer died inside the write, before `append` returned: nothing was acknowledged.
            _logger.warning(
                "Segment %s ends in a torn line of %d bytes, left out.",
                segment_name,
                begin + len(block) - end,
            )
        begin, first_line = end, first_line + block.count(b"\n")
