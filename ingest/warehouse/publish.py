"""Put a finished warehouse where readers look, in one step."""

import os
import shutil
from pathlib import Path

import duckdb


def publish(built: Path, published: Path) -> None:
    """Replace `published` by a copy of `built`.

    A reader sees the old file or the new one, whole: whoever has the old one open keeps it.
    """
    _fold_in_log(built)
    unfinished = published.with_name(f".{published.name}.{os.getpid()}.unfinished")
    try:
        shutil.copyfile(built, unfinished)
        _reach_disk(unfinished)
        unfinished.replace(published)
    finally:
        unfinished.unlink(missing_ok=True)
    _reach_disk(published.parent)


def _fold_in_log(database: Path) -> None:
    """Take in a write-ahead log that a killed process left, as a copy without it would be older."""
    if database.with_name(f"{database.name}.wal").exists():
        with duckdb.connect(str(database)) as connection:
            connection.execute("checkpoint")


def _reach_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
