"""Sealing: segments whose writer is gone become Parquet under the segment's own name."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO

from ingest.clock import Clock, utc_now
from ingest.lake import Lake
from ingest.landing.rows import rows_from_the_end
from ingest.parquet import Parts
from ingest.recording.segment import claim_segment, segments
from ingest.settings import Home


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
        with claim_segment(path) as file:
            if file is None:
                result.open_count += 1
                continue
            result.row_counts += _land(lake, path.stem, file, clock)
            path.unlink()
            result.sealed_count += 1
    return result


def _land(lake: Lake, segment_name: str, file: BinaryIO, clock: Clock) -> Counter[str]:
    with ExitStack() as parts_of:
        tables: dict[str, Parts] = {}
        for rows_by_table in rows_from_the_end(segment_name, file):
            for table_name, rows in rows_by_table.items():
                if table_name not in tables:
                    tables[table_name] = parts_of.enter_context(Parts(lake.root))
                tables[table_name].put_before(rows)
        for table_name, parts in tables.items():
            lake.land_rows(table_name, segment_name, parts.rows(), clock())
    return Counter({table_name: parts.row_count for table_name, parts in tables.items()})
