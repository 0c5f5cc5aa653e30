"""Which generations are to be asked for, and when: a bounded list, shared by two threads."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from ingest.clock import utc_now
from ingest.pull.questions import Unsettled

MOST_WAITING = 10_000
"""What comes beyond is left to `inkledger pull settlements`."""
LONGEST_WAIT_SECONDS = 600.0
GIVEN_UP_SECONDS = 3600.0
_SHORTEST_SLEEP_SECONDS = 0.02


@dataclass(slots=True)
class _Question:
    ended_at: datetime
    begun_at: float
    due_at: float
    wait_seconds: float


class Waiting:
    """Generations to ask for, each again after twice the wait; instants are of `time.monotonic`.

    `changed` guards them; its lock must be reentrant, for the collector may end a call, which is
    added then, in the middle of anything.
    """

    def __init__(
        self, first_wait_seconds: float, changed: threading.Condition | None = None
    ) -> None:
        self._first_wait_seconds = first_wait_seconds
        self._questions: dict[str, _Question] = {}
        self._changed = changed or threading.Condition(threading.RLock())

    def __len__(self) -> int:
        return len(self._questions)

    def add(self, generation_id: str) -> None:
        """Ask for a generation whose call has just ended."""
        wait_seconds, now = self._first_wait_seconds, time.monotonic()
        question = _Question(utc_now(), now, now + wait_seconds, wait_seconds)
        with self._changed:
            if len(self._questions) < MOST_WAITING:
                self._questions.setdefault(generation_id, question)
                self._changed.notify_all()

    def due(self, now: float) -> list[Unsettled]:
        """What is to be asked for now."""
        with self._changed:
            return [
                Unsettled(name, question.ended_at)
                for name, question in self._questions.copy().items()
                if question.due_at <= now
            ]

    def settle(self, generation_id: str) -> None:
        """Ask for a generation no more."""
        with self._changed:
            self._questions.pop(generation_id, None)

    def postpone(self, generation_id: str, now: float) -> None:
        """Ask for it again later, unless it was asked for long enough."""
        with self._changed:
            question = self._questions[generation_id]
            if now - question.begun_at > GIVEN_UP_SECONDS:
                del self._questions[generation_id]
                return
            question.wait_seconds = min(2 * question.wait_seconds, LONGEST_WAIT_SECONDS)
            question.due_at = now + question.wait_seconds

    def sleep(self, resume_at: float, stop: threading.Event) -> None:
        """Return when something is due and `resume_at` has come, or earlier: look again then."""
        with self._changed:
            due_at = min((each.due_at for each in self._questions.copy().values()), default=0.0)
            seconds = max(due_at, resume_at) - time.monotonic()
            if not stop.is_set():
                self._changed.wait(max(seconds, _SHORTEST_SLEEP_SECONDS))

    def wake(self) -> None:
        """Let whoever sleeps look again."""
        with self._changed:
            self._changed.notify_all()
