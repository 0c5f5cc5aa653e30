"""Segments: the files of a spool, each locked by its writer for as long as it lives.

Whoever can take the lock knows that the writer has closed it or died.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from ingest.identifiers import new_id

SEGMENT_SUFFIX = ".jsonl"
SEGMENT_BYTES = 64 * 1024 * 1024
"""A larger one is left for `seal` at the next append."""

Durability = Literal["process", "disk"]
"""What a written line survives: the end of its process, or the loss of power as well."""


@dataclass
class Segment:
    """One file that this process appends to; times by the monotonic clock, sizes in bytes."""

    path: Path
    descriptor: int
    # Not by the clock on the wall, which may be set back.
    opened_at: float = field(default_factory=time.monotonic)
    look_at: float = 0.0
    """When to see again whether it is old, or gone."""
    size_bytes: int = 0
    """Of whole lines: a torn one behind them is not among them."""
    synced_bytes: int = 0

    def close(self) -> None:
        """Leave it to `seal`."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)

    # With a spool that nobody has any more its segment goes, too: a notebook's cell that makes a
    # recorder is run again and again.
    __del__ = close

    def is_in_place(self) -> bool:
        """Whether `seal` will find it: not deleted, nor moved away with its folder."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True  # It can be written, even if it may not be looked for.
        return os.path.samestat(found, os.fstat(self.descriptor))


@contextmanager
def claim_segment(path: Path) -> Iterator[BinaryIO | None]:
    """A segment whose writer is gone, to be read, locked meanwhile; `None` while it is written."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        is_free = _try_lock(file.fileno()) and os.fstat(file.fileno()).st_nlink > 0
        yield file if is_free else None


def segments(folder: Path) -> list[Path]:
    """The segments of a spool, the oldest first; what only has the name of one is none."""
    return sorted(path for path in folder.glob(f"*{SEGMENT_SUFFIX}") if path.is_file())


def whole_lines(folder: Path) -> Iterator[bytes]:
    """Every line that is whole, of every segment, being written or not; the oldest first."""
    for path in segments(folder):
        with suppress(FileNotFoundError):  # Sealed meanwhile: its rows are in the lake.
            *lines, _ = path.read_bytes().split(b"\n")
            yield from filter(None, lines)


def create_segment(folder: Path, durability: Durability) -> Segment:
    """Begin one, locked before it can be seen. Raises `OSError` if the disk does not let it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = new_id()
    path = folder / f"{name}{SEGMENT_SUFFIX}"
    # Locked before it gets its name: `seal` must never find a living segment unlocked.
    unnamed = folder / f".{name}.new"
    # To be read as well: what somebody deletes is written again.
    descriptor = os.open(
        unnamed, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(path)
        if durability == "disk":
            _sync_folder(folder)
    except OSError:
        unnamed.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return Segment(path, descriptor)


def read_back(descriptor: int, begin: int, end: int) -> bytes:
    """What stands there, nothing if it cannot be read."""
    with suppress(OSError):  # Of a broken disk nothing may be readable.
        return os.pread(descriptor, end - begin, begin)
    return b""


def _sync_folder(folder: Path) -> None:
    # Of a file whose name is lost, nothing is found again.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
