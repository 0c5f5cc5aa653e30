"""Compaction: the many small files of a day become few, with the same rows."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
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
    files = _sizes(folder)
    result.before += len(files)
    result.bytes_before += sum(files.values())
    _finish_what_was_interrupted(files)
    small = {path: size for path, size in _sizes(folder).items() if size < LARGE_BYTES}
    if len(small) > FEW_FILES:
        for batch in _batches(small):
            with suppress(FileNotFoundError):  # One of them is gone: the next time, without it.
                lake.merge(batch)
    files = _sizes(folder)
    result.after += len(files)
    result.bytes_after += sum(files.values())


def _finish_what_was_interrupted(files: Collection[Path]) -> None:
    for merged in files:
        if merged.name.startswith(MERGED_PREFIX):
            for path in files:
                if path != merged and sources(path) < sources(merged):
                    path.unlink(missing_ok=True)


def _batches(sizes: Mapping[Path, int]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    batch_bytes = 0
    for path, size in sizes.items():
        if batch and batch_bytes + size > LARGE_BYTES:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(path)
        batch_bytes += size
    if len(batch) > 1:
        yield batch


def _sizes(folder: Path) -> dict[Path, int]:
    """The files of a day and their bytes; what vanishes meanwhile is none."""
    sizes = {}
    for path in sorted(folder.glob("*.parquet")):
        with suppress(FileNotFoundError):
            sizes[path] = path.stat().st_size
    return sizes
