"""A lock that is free in a forked child, whoever held it in the parent."""

import os
import threading
import weakref
from typing import Self


class ForkLock:
    """`threading.Lock` for `with`. What a thread holds when another one forks is never released
    in the child, where that thread does not exist: a call there would wait for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _locks.add(self)

    def begin_in_child(self) -> None:
        """Forget who held it."""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _renew_in_child() -> None:
    for lock in tuple(_locks):
        lock.begin_in_child()


_locks: weakref.WeakSet[ForkLock] = weakref.WeakSet()
os.register_at_fork(after_in_child=_renew_in_child)
