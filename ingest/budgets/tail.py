"""The end of a spool: what any process has appended since the last look, and nothing twice.

A look costs one `stat` of the folder and one read of each segment that is being written.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.recording.segment import segments

_CLOCK_TICK_NANOSECONDS = 20_000_000
"""A folder that changed so lately may change again without showing a later time."""
_READ_BYTES = 1 << 20


@dataclass
class _Segment:
    descriptor: int
    offset: int = 0


class SpoolTail:
    """Reads segments from their beginning, then what is appended to those with a living writer.

    A segment stays open as long as its writer lives: what it wrote last is read even when the
    segment has been sealed and removed meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments: dict[str, _Segment] = {}
        self._changed_at: int | None = None
        self.names: set[str] = set()
        """Of every segment that was read: under these names they land in the lake."""

    def new_lines(self) -> Iterator[bytes]:
        """Every whole line since the last call, of the older segments first."""
        changed_at = self._folder_changed_at()
        if changed_at is None or changed_at != self._changed_at:
            self._find_segments()
        ended = [name for name, each in self._segments.items() if self._is_left(each, changed_at)]
        is_recent = time.time_ns() - (changed_at or 0) < _CLOCK_TICK_NANOSECONDS
        self._changed_at = None if is_recent else changed_at
        for segment in self._segments.values():
            yield from _new_lines(segment)
        for name in ended:
            os.close(self._segments.pop(name).descriptor)

    def has_changed(self) -> bool:
        """Whether segments may have come or gone since the last look."""
        return self._changed_at is None or self._folder_changed_at() != self._changed_at

    def spooled_names(self) -> frozenset[str]:
        """Of the segments that are there now."""
        return frozenset(path.stem for path in segments(self._folder))

    def close(self) -> None:
        """Begin anew at the next look."""
        while self._segments:
            os.close(self._segments.popitem()[1].descriptor)
        self.names.clear()
        self._changed_at = None

    def _folder_changed_at(self) -> int | None:
        try:
            return os.stat(self._folder).st_mtime_ns  # noqa: PTH116 - half of what `Path.stat` takes
        except FileNotFoundError:
            return None

    def _find_segments(self) -> None:
        for path in segments(self._folder):
            if path.stem not in self.names:
                with suppress(FileNotFoundError):  # Sealed meanwhile: its rows are in the lake.
                    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                    self._segments[path.stem] = _Segment(descriptor)
                    self.names.add(path.stem)

    def _is_left(self, segment: _Segment, changed_at: int | None) -> bool:
        # Before it is read: what is left by its writer gets no more lines. A writer that lives
        # makes another segment when it leaves one, so that the folder shows it.
        if changed_at == self._changed_at and changed_at is not None:
            return False
        try:
            fcntl.flock(segment.descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _new_lines(segment: _Segment) -> Iterator[bytes]:
    rest = b""
    while read := os.pread(segment.descriptor, _READ_BYTES, segment.offset):
        *lines, rest = (rest + read).split(b"\n")
        segment.offset += len(read)
        yield from filter(None, lines)
    segment.offset -= len(rest)
