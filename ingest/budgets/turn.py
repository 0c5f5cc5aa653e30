"""Turns: one call at a time, of all processes of a home, is weighed against what was spent.

From reading what others hold until the own start is written, a lock of the home's folder is held;
whoever is next reads that start in the spool. So processes pass a limit together no more than
threads do.
"""

import fcntl
import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

LONGEST_WAIT_SECONDS = 5.0
"""A process that was stopped in its turn must not stop the others for ever."""
LOOK_AGAIN_SECONDS = 0.0001


class Turn:
    """A context manager. `share` also keeps the other processes out, until its end.

    A thread may take its turn inside its turn. What it leaves to `afterwards` is done when the
    turn is over: it may take as long as it likes, and make calls of its own.
    """

    _is_shared: bool
    _afterwards: list[Callable[[], None]]

    def __init__(self, root: Path) -> None:
        self._root = root
        self._descriptor: int | None = None
        self.begin_in_child()

    def __enter__(self) -> Self:
        self._lock.acquire()
        self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        afterwards: list[Callable[[], None]] = []
        if not self._depth:
            afterwards, self._afterwards = self._afterwards, afterwards
            self._end_share()
        self._lock.release()
        for act in afterwards:
            act()

    def share(self) -> None:
        """Keep other processes out. Raises `OSError` where that cannot be had."""
        if self._is_shared:
            return
        descriptor = self._folder()
        patience_ends_at = time.monotonic() + LONGEST_WAIT_SECONDS
        while not _try_lock(descriptor):
            if time.monotonic() > patience_ends_at:
                raise TimeoutError(f"another process has kept {self._root} locked")
            time.sleep(LOOK_AGAIN_SECONDS)
        self._is_shared = True

    def afterwards(self, act: Callable[[], None]) -> None:
        """Do this when the turn is over."""
        self._afterwards.append(act)

    def begin_in_child(self) -> None:
        """After a fork: the lock is the parent's, and so is whatever it was doing."""
        self._lock = threading.RLock()
        self._depth = 0
        self._is_shared = False
        self._afterwards = []
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _folder(self) -> int:
        if self._descriptor is not None:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._descriptor), os.stat(self._root)):  # noqa: PTH116 - half of what `Path.stat` takes
                    return self._descriptor
            # Deleted, and perhaps made again: others lock the new one.
            os.close(self._descriptor)
            self._descriptor = None
        self._root.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._root, os.O_RDONLY | os.O_CLOEXEC)
        return self._descriptor

    def _end_share(self) -> None:
        if self._is_shared and self._descriptor is not None:
            self._is_shared = False
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def turn_of(root: Path) -> Turn:
    """The turn of a home: the same for everything in this process that uses it."""
    with _registry:
        turn = _turns.get(root)
        if turn is None:
            turn = _turns[root] = Turn(root)
        return turn


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _renew_in_child() -> None:
    global _registry
    _registry = threading.Lock()
    for turn in tuple(_turns.values()):
        turn.begin_in_child()


_registry = threading.Lock()
_turns: weakref.WeakValueDictionary[Path, Turn] = weakref.WeakValueDictionary()
os.register_at_fork(after_in_child=_renew_in_child)
