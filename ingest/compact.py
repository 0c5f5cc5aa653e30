"""Compaction: the many small files of a day become few, with the same rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ingest.clock import Clock, utc_now
from ingest.lake import MERGED_PREFIX, Lake, sources
from ingest.settings import Home
from ingest.warehouse.lock import only_one

FEW_FILES = 8
"""As many files of one table and day are left as they are."""
LARGE_BYTES = 64 * 1024 * 1024
"""A file of this size gains nothing, and files are merged up to it, so that memory stays small."""
COMPACTED_TABLES = (
    "usage_events", "settlements", "outcomes", "ebooks", "control_totals", "quarantine",
)  # fmt: skip
"""Those whose rows have ids, so that a row which is there twice for a moment counts once."""


@dataclass
class CompactResult:
    """How many files there were and are, and their bytes."""

    before: int = 0
    after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


def compact(home: Home, *, up_to_now: bool = False, clock: Clock = utc_now) -> CompactResult:
    """Merge the small files of every table and UTC day before today, or of today as well.

    Safe beside programs that record, seal or import, and safe to interrupt: what a killed one left
    is put right by the next. Raises `BuildFailed` while a build reads the lake.
    """
    result = CompactResult()
    lake = Lake(home.lake)
    newest = clock().date() - timedelta(days=0 if up_to_now else 1)
    with only_one(home):
        for table_name in COMPACTED_TABLES:
            for folder in sorted((home.lake / table_name).glob("landed_date=*")):
                if folder.name <= f"landed_date={newest}":
                    _compact_folder(lake, folder, result)
    return result


def _compact_folder(lake: Lake, folder: Path, result: CompactResult) -> None:
    files = _files(folder)
    result.before += len(files)
    result.bytes_before += _total_bytes(files)
    _finish_what_was_interrupted(files)
    small = [path for path in _files(folder) if path.stat().st_size < LARGE_BYTES]
    if len(small) > FEW_FILES:
        for batch in _batches(small):
            lake.merge(batch)
    files = _files(folder)
    result.after += len(files)
    result.bytes_after += _total_bytes(files)


def _finish_what_was_interrupted(files: Sequence[Path]) -> None:
    for merged in files:
        if merged.name.startswith(MERGED_PREFIX):
            for path in files:
                if path != merged and sources(path) < sources(merged) and path.exists():
                    path.unlink()


def _batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    for path in files:
        if batch and _total_bytes([*batch, path]) > LARGE_BYTES:
            yield batch
            batch = []
        batch.append(path)
    if len(batch) > 1:
        yield batch


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def _total_bytes(files: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in files)
