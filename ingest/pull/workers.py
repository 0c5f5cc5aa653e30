"""Several questions at once, in threads that nobody waits for when a program ends.

Those of an executor are waited for, however long OpenRouter takes: Ctrl-C would take as long.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from functools import partial
from queue import Empty, SimpleQueue
from typing import NoReturn, TypeVar

Answer = TypeVar("Answer")

_LOOK_UP_SECONDS = 0.2
"""A signal is noticed no later: some libraries keep it from ending the wait for a lock."""


def ask_at_once(
    ask: Callable[[str], Answer], names: Iterable[str], worker_count: int
) -> Generator[tuple[str, Callable[[], Answer]], None, None]:
    """Each name with a function that gives what `ask` gave, or raises what it raised.

    They come as they are answered. When it is closed, what is left stays unasked.
    """
    left = deque(names)
    question_count = len(left)
    answered: SimpleQueue[tuple[str, Callable[[], Answer]]] = SimpleQueue()

    def work() -> None:
        while left:
            try:
                name = left.popleft()
            except IndexError:  # Another took the last one.
                return
            answered.put((name, _outcome(ask, name)))

    try:
        for _ in range(min(worker_count, question_count)):
            threading.Thread(target=work, daemon=True).start()
        for _ in range(question_count):
            yield _next(answered)
    finally:
        left.clear()


def _outcome(ask: Callable[[str], Answer], name: str) -> Callable[[], Answer]:
    try:
        answer = ask(name)
    except Exception as error:
        return partial(_raise, error)
    return lambda: answer


def _raise(error: Exception) -> NoReturn:
    raise error


def _next(answered: "SimpleQueue[Answer]") -> Answer:
    while True:
        try:
            return answered.get(timeout=_LOOK_UP_SECONDS)
        except Empty:
            continue
