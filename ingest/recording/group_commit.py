"""Group commit: one `fdatasync` for all calls that wait for their lines to be on the disk."""

import asyncio
import threading
import weakref
from collections.abc import Callable

Sync = Callable[[], int]


class GroupCommit:
    """Lets callers wait until the disk has the line that they wrote.

    `sync` brings everything written so far to the disk and returns how many lines that is.
    While it runs others queue, and the first of them syncs for all.
    """

    def __init__(self, sync: Sync) -> None:
        self._sync = sync
        self._reached = 0
        self._turn = threading.Lock()
        self._rounds: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Rounds] = (
            weakref.WeakKeyDictionary()
        )

    def wait(self, line_number: int) -> None:
        """Return when line `line_number`, counted from 1, is on the disk."""
        if self._reached >= line_number:
            return
        with self._turn:
            if self._reached < line_number:
                self._reached = self._sync()

    async def wait_async(self, line_number: int) -> None:
        """`wait`, without blocking the other tasks of this loop."""
        if self._reached >= line_number:
            return
        loop = _asyncio_loop()
        if loop is None:
            import anyio  # httpx brings it; under trio nothing else knows how to wait.

            await anyio.to_thread.run_sync(self.wait, line_number)
            return
        rounds = self._rounds.get(loop)
        if rounds is None:
            rounds = self._rounds[loop] = _Rounds()
        # A task that is cancelled leaves the round to the others.
        await asyncio.shield(rounds.join(self.wait, line_number))


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class _Rounds:
    """The syncs of one event loop: one runs, the next gathers those who wrote meanwhile."""

    def __init__(self) -> None:
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._wanted = 0

    def join(self, wait: Callable[[int], None], line_number: int) -> "asyncio.Task[None]":
        self._wanted = max(self._wanted, line_number)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._run(wait, self._running))
        return self._next

    async def _run(self, wait: Callable[[int], None], before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        try:
            await asyncio.to_thread(wait, self._wanted)
        except RuntimeError:  # No further thread can be had: then this loop waits.
            wait(self._wanted)
