"""Sealing: segments whose writer is gone become Parquet under the segment's own name."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ingest.clock import Clock, utc_now
from ingest.identifiers import derived_id
from ingest.lake import Lake
from ingest.money import loads
from ingest.recording.segment import claim_segment, segments
from ingest.records import TABLES, Quarantined, Record, UsageEvent, said_by
from ingest.settings import Home

_logger = logging.getLogger(__name__)


@dataclass
class SealResult:
    """What one `seal` did: segments sealed, segments still being written, rows by table."""

    sealed_count: int = 0
    open_count: int = 0
    row_counts: Counter[str] = field(default_factory=Counter)


def seal(home: Home, *, clock: Clock = utc_now) -> SealResult:
    """Land every segment of the spool that is closed or orphaned, then remove it.

    Safe to repeat and to interrupt anywhere: a file that has landed is not written again, and
    a segment goes only when all of it has landed. An attempt that began and never ended, because
    its process died, becomes a row `in_doubt`. A line that is no record goes to quarantine.
    """
    result = SealResult()
    lake = Lake(home.lake)
    for path in segments(home.spool):
        with claim_segment(path) as content:
            if content is None:
                result.open_count += 1
                continue
            for table_name, records in _read_segment(path.stem, content).items():
                lake.land(table_name, path.stem, records, clock())
                result.row_counts[table_name] += len(records)
            path.unlink()
            result.sealed_count += 1
    return result


def _read_segment(segment_name: str, content: bytes) -> dict[str, list[Record]]:
    records: defaultdict[str, list[Record]] = defaultdict(list)
    events: dict[str, UsageEvent] = {}
    for line_number, line in _whole_lines(segment_name, content):
        table_name, record = _read_line(segment_name, line_number, line)
        if isinstance(record, UsageEvent):
            # The start of an attempt is a row in doubt; what came later replaces it.
            events[record.event_id] = record
        else:
            records[table_name].append(record)
    records["usage_events"].extend(events.values())
    return records


def _whole_lines(segment_name: str, content: bytes) -> Iterator[tuple[int, bytes]]:
    *lines, rest = content.split(b"\n")
    yield from ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    if rest:
        # Its writer died inside the write, before `append` returned: nothing was acknowledged.
        _logger.warning(
            "Segment %s ends in a torn line of %d bytes, left out.", segment_name, len(rest)
        )


def _read_line(segment_name: str, line_number: int, line: bytes) -> tuple[str, Record]:
    table_name = "unknown"
    try:
        table_name, row = _parse(line)
        return table_name, TABLES[table_name].model_validate(row)
    except ValueError as error:
        return "quarantine", Quarantined(
            quarantine_id=derived_id("segment", segment_name, str(line_number)),
            table_name=table_name,
            origin=segment_name,
            line_number=line_number,
            reason=said_by(error) if isinstance(error, ValidationError) else str(error),
            payload=line.decode(errors="backslashreplace"),
        )


def _parse(line: bytes) -> tuple[str, Any]:
    document = loads(line)
    if not isinstance(document, dict) or len(document) != 1:
        raise ValueError("not an object with one table name")
    (table_name,) = document
    if table_name not in TABLES:
        raise ValueError(f"no table is called {table_name!r}")
    return table_name, document[table_name]
