"""Put a finished warehouse where readers look, in one step."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb


def publish(built: Path, published: Path) -> None:
    """Let `built` take the place of `published`, and that the place of `built`.

    Nothing is copied, however large they are: the next build goes on from what was published
    before. A reader sees the old file or the new one, whole: whoever has the old one open keeps it.
    """
    _fold_in_log(built)
    _reach_disk(built)
    retired = _retired(built)
    with suppress(OSError):  # Nothing is published yet, or the file system has no links.
        os.link(published, retired)
    built.replace(published)
    with suppress(FileNotFoundError):
        retired.rename(built)
    _reach_disk(published.parent)


def begin_from(built: Path, published: Path | None) -> None:
    """Leave at `built` what a build can go on from, or nothing.

    That is what was published before the last time. If it is gone or spoilt, if a reader still has
    it open, or if the last build had to begin anew, as the next one then would have to with it, it
    is a copy of what is `published` now.
    """
    _retired(built).unlink(missing_ok=True)
    went_on = _went_on(published, read_only=True) if published else None
    if went_on and _went_on(built, read_only=False) is not None:
        return
    for path in (built, built.with_name(f"{built.name}.wal")):
        path.unlink(missing_ok=True)
    if published and went_on is not None:
        shutil.copyfile(published, built)


def _retired(built: Path) -> Path:
    """What was published, for the moment in which the two change places."""
    return built.with_name(f"retired.{built.name}")


def _went_on(database: Path, *, read_only: bool) -> bool | None:
    """Whether the build that left it went on from an earlier one; None if none has ended well."""
    if not database.exists():
        return None
    try:
        with duckdb.connect(str(database), read_only=read_only) as connection:
            finished = connection.execute(
                "select is_restating from build_state.this_build"
                " where exists (select 1 from build_state.seen_rules)"
            ).fetchone()
    except duckdb.Error:
        return None
    return finished[0] if finished else None


def _fold_in_log(database: Path) -> None:
    """Take in a write-ahead log that a killed process left, as a file without it would be older."""
    if database.with_name(f"{database.name}.wal").exists():
        with duckdb.connect(str(database)) as connection:
            connection.execute("checkpoint")


def _reach_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
