"""The rows of one segment, from its last lines to its first, in bounded memory."""

import functools
import itertools
import logging
import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

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


def rows_from_the_end(
    segment_name: str, file: BinaryIO, *, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[dict[str, pl.DataFrame]]:
    """The rows by table of one part of the segment after the other, the last part first.

    Of an event only the last line counts. A line that is no record is a row of `quarantine`.
    """
    # The start of an attempt is a row in doubt; what came later replaces it.
    told = pl.Series(dtype=pl.String)
    event_id = pl.col("event_id")
    for rows in _read_side_by_side(segment_name, file, chunk_bytes):
        if "usage_events" in rows:
            is_news = event_id.is_last_distinct() & ~event_id.is_in(told.implode())
            events = rows["usage_events"].filter(is_news)
            told = pl.concat([told, events["event_id"]])
            rows["usage_events"] = events
        yield rows


def _read_side_by_side(
    segment_name: str, file: BinaryIO, chunk_bytes: int
) -> Iterator[dict[str, pl.DataFrame]]:
    """The last chunk first, and the two before it meanwhile."""
    places = [*_places(segment_name, file, chunk_bytes)]

    @functools.cache
    def first_lines() -> dict[int, int]:
        """Where a chunk begins → the number of its first line."""
        counts = (_content(file, *place).count(b"\n") for place in places)
        numbers = itertools.accumulate(counts, initial=1)
        return {begin: number for (begin, _), number in zip(places, numbers, strict=False)}

    def read(begin: int, end: int) -> dict[str, pl.DataFrame]:
        return read_lines(segment_name, _content(file, begin, end), lambda: first_lines()[begin])

    reading: deque[Future[dict[str, pl.DataFrame]]] = deque()
    with ThreadPoolExecutor(2) as pool:
        for place in reversed(places):
            reading.append(pool.submit(read, *place))
            if len(reading) > 2:
                yield reading.popleft().result()
        for last in reading:
            yield last.result()


def read_lines(
    segment_name: str, content: bytes, first_line: Callable[[], int]
) -> dict[str, pl.DataFrame]:
    """The rows of whole lines by table, in their order; `first_line` tells the first one's number.

    It is asked for only if a line is not plain, since who answers has to count.
    """
    rows: defaultdict[str, list[pl.DataFrame]] = defaultdict(list)
    left = _numbered(content)
    if left.height >= FEW_LINES:
        for table_name in _PLAIN_ORDERS:
            plain, left = _plain_lines(table_name).read(left)
            rows[table_name].append(plain)
            if left.is_empty():
                break
    if not left.is_empty():
        exact = _read_exactly(segment_name, first_line(), content.split(b"\n"), left[LINE])
        for table_name, numbered in exact.items():
            numbers, records = zip(*numbered, strict=True)
            frame = to_frame(table_name, records)
            nth = pl.Series(LINE, numbers, left.schema[LINE])
            rows[table_name].append(frame.select(nth, pl.all()))
    return {
        table_name: frame
        for table_name, frames in rows.items()
        if not (frame := _in_order(frames)).is_empty()
    }


def _in_order(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    rows = frames[0] if len(frames) == 1 else pl.concat(frames).sort(LINE)
    return rows.drop(LINE)


def _read_exactly(
    segment_name: str, first_line: int, lines: Sequence[bytes], left: Iterable[int]
) -> dict[str, list[tuple[int, Record]]]:
    records: defaultdict[str, list[tuple[int, Record]]] = defaultdict(list)
    for number in left:
        if lines[number].strip():
            table_name, record = read_line(segment_name, first_line + number, lines[number])
            records[table_name].append((number, record))
    return records


def _numbered(content: bytes) -> pl.DataFrame:
    """The text of each line beside its number, null if it is no UTF-8."""
    try:
        return pl.read_lines(content, name=TEXT, row_index_name=LINE)
    except pl.exceptions.ComputeError:
        texts = pl.Series(TEXT, [_text(line) for line in content.split(b"\n")[:-1]], pl.String)
        return texts.to_frame().with_row_index(LINE)


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


@functools.cache
def _plain_lines(table_name: str) -> PlainLines:
    is_told_again = table_name == "usage_events"
    return PlainLines(table_name, _PLAIN_ORDERS[table_name], latest=is_told_again)


def _places(segment_name: str, file: BinaryIO, chunk_bytes: int) -> Iterator[tuple[int, int]]:
    """Where chunks of whole lines begin and end."""
    begin, size = 0, file.seek(0, os.SEEK_END)
    while begin < size:
        file.seek(begin + chunk_bytes)
        file.readline()
        end = min(file.tell(), size)
        whole = end if end < size else begin + _content(file, begin, end).rfind(b"\n") + 1
        if whole > begin:
            yield begin, whole
        if whole < end:
            # Its writer died inside the write, before `append` returned: nothing was acknowledged.
            _logger.warning(
                "Segment %s ends in a torn line of %d bytes, left out.", segment_name, end - whole
            )
        begin = end


def _content(file: BinaryIO, begin: int, end: int) -> bytes:
    return os.pread(file.fileno(), end - begin, begin)
