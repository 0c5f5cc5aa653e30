"""Settlements on their way into the lake, a portion at a time while a pull runs."""

import time

from ingest.clock import Clock
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.pull.answers import Answers
from ingest.pull.result import land_answers
from ingest.records import Settlement

PORTION_SECONDS = 2.0
"""What a killed pull may have asked for in vain. Each portion is a file of its own."""


class Portions:
    """Takes settlements as they come; what was taken longer than a moment ago has landed."""

    def __init__(self, lake: Lake, clock: Clock) -> None:
        self.quarantined_count = 0
        self._lake = lake
        self._clock = clock
        self._waiting: dict[str, Settlement] = {}
        self._unreadable = Answers[Settlement]("settlements", "GET /generation")
        self._landed: set[str] = set()
        self._landed_at = time.monotonic()

    @property
    def landed_count(self) -> int:
        """How many generations were settled."""
        return len(self._landed)

    def take(self, answers: Answers[Settlement]) -> None:
        """Take what an answer said, and what was set aside of it."""
        self._unreadable.quarantined.extend(answers.quarantined)
        for settlement in answers.records:
            self.put(settlement)
        if time.monotonic() - self._landed_at > PORTION_SECONDS:
            self.land()

    def put(self, settlement: Settlement) -> None:
        """Take one settlement, in the place of an earlier one of its generation."""
        self._waiting[settlement.generation_id] = settlement

    def land(self) -> None:
        """Land all that waits."""
        answers, self._unreadable = self._unreadable, Answers("settlements", "GET /generation")
        answers.records.extend(self._waiting.values())
        land_answers(self._lake, f"settlements-{new_id()}", answers, self._clock())
        self.quarantined_count += len(answers.quarantined)
        self._landed.update(self._waiting)
        self._waiting.clear()
        self._landed_at = time.monotonic()
