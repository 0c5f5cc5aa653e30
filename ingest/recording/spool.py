"""The spool: append-only segments that survive the process which writes them.

One segment per process and spool, JSON lines, one `write` per line, so that the operating system
has each line before `append` returns. A writer holds a lock on its segment for as long as it
lives; whoever can take the lock knows that the writer has closed it or died.
"""

import logging
import os
import threading
import time
import weakref
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.recording.group_commit import GroupCommit
from ingest.recording.segment import (
    SEGMENT_BYTES,
    Durability,
    Segment,
    create_segment,
    read_back,
)

if TYPE_CHECKING:
    from ingest.records import Record

SEGMENT_AGE_SECONDS = 60.0
"""A segment older than this is left for `seal` at the next append, so that dashboards keep up."""
BACKLOG_LINES = 10_000
LOOK_AGAIN_SECONDS = 0.05
"""How often to look whether somebody deleted or moved the segment under its writer."""

_logger = logging.getLogger(__name__)


class Spool:
    """Appends records to a segment of its own; threads share it, a forked child begins anew.

    With `durability="disk"` a caller waits in `reach_disk` for what it appended.
    """

    def __init__(self, folder: Path, *, durability: Durability = "process") -> None:
        self.folder = folder.absolute()
        self.segment_age_seconds = SEGMENT_AGE_SECONDS
        self.unwritten_count = 0
        """Lines that could not be written when they came; they are in the log, and retried."""
        self._durability = durability
        self._backlog: deque[bytes] = deque(maxlen=BACKLOG_LINES)
        self._segment: Segment | None = None
        self._written_count = 0
        # Reentrant: the collector may end a dropped stream while this thread writes a line.
        self._lock = threading.RLock()
        self._commit = _group_commit(weakref.ref(self))
        _spools.add(self)

    def append(self, table_name: str, record: "Record") -> None:
        """Write one record. A spool that cannot be written is logged and counted, never raised."""
        row = record.model_dump_json(exclude_none=True)
        self.append_line(f'{{"{table_name}":{row}}}'.encode())

    def append_line(self, line: bytes) -> None:
        """Write one line of JSON as it is."""
        line += b"\n"
        with self._lock:
            try:
                segment = self._segment
                # The question whether it is due, written out: it is asked three times a call.
                if (
                    segment is None
                    or time.monotonic() > segment.look_at
                    or segment.size_bytes > SEGMENT_BYTES
                ):
                    self._renew_segment()
                if self._backlog:
                    self._write_backlog()
                self._write(line)
            except OSError as error:
                self._abandon_segment()
                self._backlog.append(line)
                self._give_to_log(line, error)

    def reach_disk(self) -> None:
        """Return when what this thread appended would outlive a power cut, if that is asked for."""
        if self._durability == "disk":
            self._commit.wait(self._written_count)

    async def reach_disk_async(self) -> None:
        """`reach_disk` for tasks."""
        if self._durability == "disk":
            await self._commit.wait_async(self._written_count)

    def close(self) -> None:
        """Leave the segment to `seal`; a later append begins another."""
        with self._lock:
            # What could not be written when it came is in the log: this is its last chance.
            with suppress(OSError):
                self._leave_what_is_gone()
                self._write_backlog()
            self._abandon_segment()

    def _write_backlog(self) -> None:
        while self._backlog:
            line = self._backlog[0]
            self._write(line)
            if self._backlog and self._backlog[0] is line:
                self._backlog.popleft()

    def _write(self, line: bytes) -> None:
        segment = self._segment or self._renew_segment()
        if os.write(segment.descriptor, line) != len(line):
            # Never append after a torn line: the rest would be glued to it.
            raise OSError("the disk took a part of a line only")
        segment.size_bytes += len(line)
        self._written_count += 1

    def _renew_segment(self) -> Segment:
        self._leave_what_is_gone()
        now = time.monotonic()
        segment = self._segment
        if segment is not None and (
            segment.size_bytes > SEGMENT_BYTES or now >= self._old_at(segment)
        ):
            self._abandon_segment()
        if self._segment is None:
            self._segment = create_segment(self.folder, self._durability)
        self._segment.look_at = min(now + LOOK_AGAIN_SECONDS, self._old_at(self._segment))
        return self._segment

    def _old_at(self, segment: Segment) -> float:
        return segment.opened_at + self.segment_age_seconds

    def _leave_what_is_gone(self) -> None:
        """Write again what was deleted; what was moved away is whole where it is now."""
        segment = self._segment
        if segment is None or segment.is_in_place():
            return
        if os.fstat(segment.descriptor).st_nlink > 0:
            what = "was moved away, and is to be sealed from where it is now"
        else:
            what = "was deleted while it was written, and is written again"
            if content := read_back(segment.descriptor, 0, segment.size_bytes):
                self._backlog.appendleft(content)
        _logger.warning("Spool segment %s %s.", segment.path, what)
        self._abandon_segment()

    def _abandon_segment(self) -> None:
        segment, self._segment = self._segment, None
        if segment is None:
            return
        if segment.size_bytes == 0:
            # A full disk would get one more empty file at each line that it refuses.
            with suppress(OSError):
                segment.path.unlink()
        elif self._durability == "disk":
            self._sync_segment(segment, segment.descriptor)
        segment.close()

    def sync(self) -> int:
        """Bring what is written to the disk; gives how many lines that is."""
        with self._lock:
            written_count, segment = self._written_count, self._segment
            if segment is None:
                return written_count
            try:
                # Of a copy: another thread may leave the segment meanwhile, and closes its own.
                copy = os.dup(segment.descriptor)
            except OSError:  # Too many files are open: then the other threads wait.
                self._sync_segment(segment, segment.descriptor)
                return written_count
        self._sync_segment(segment, copy)
        os.close(copy)
        return written_count

    def _sync_segment(self, segment: Segment, descriptor: int) -> None:
        size_bytes = segment.size_bytes
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            # The system has them still, but a power cut would lose them.
            self._give_to_log(read_back(descriptor, segment.synced_bytes, size_bytes), error)
        segment.synced_bytes = size_bytes

    def _give_to_log(self, lines: bytes, error: OSError) -> None:
        for line in lines.splitlines():
            self.unwritten_count += 1
            _logger.error(
                "Spool %s cannot be written (%s); the record is: %s",
                self.folder,
                error,
                line.decode(errors="backslashreplace"),
            )

    def begin_in_child(self) -> None:
        """After a fork: segment and backlog stay the parent's, whose lock may have been held."""
        self._lock = threading.RLock()
        self._commit = _group_commit(weakref.ref(self))
        self._backlog.clear()
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.close()


def _group_commit(spool: "weakref.ref[Spool]") -> GroupCommit:
    # Weakly: a spool that is part of no circle is gone as soon as nobody has it.
    def sync() -> int:
        living = spool()
        return living.sync() if living is not None else 0

    return GroupCommit(sync)


def _renew_in_child() -> None:
    for spool in tuple(_spools):
        spool.begin_in_child()


_spools: weakref.WeakSet[Spool] = weakref.WeakSet()
os.register_at_fork(after_in_child=_renew_in_child)
