"""What may refuse a call before it leaves: the recorder's side of a budget."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from ingest.recording.attribution import Attribution
from ingest.wire.request import RequestFacts


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A call that is about to leave; `facts.document` is its JSON body."""

    event_id: str
    facts: RequestFacts
    attribution: Attribution


class Reservation(Protocol):
    """What a gate holds for one call until its cost is known."""

    def release(self, spend_usd: Decimal | None, http_status: int | None) -> None:
        """The call ended: `spend_usd` as its reply told it, `None` if it told none."""


class Gate(Protocol):
    """Asked before each call, in the order in which the recorder was given its gates."""

    def reserve(self, call: OutgoingCall) -> Reservation | None:
        """Hold what the call may cost. Raises `BudgetExceeded` to keep it from being sent."""
