"""What may refuse a call before it leaves: the recorder's side of a budget."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from ingest.recording.attribution import Attribution
from ingest.wire.request import RequestFacts

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A call that is about to leave; `facts.document()` is its JSON body."""

    event_id: str
    facts: RequestFacts
    attribution: Attribution


class Reservation(Protocol):
    """What a gate holds for one call until its cost is known."""

    @property
    def amount_usd(self) -> Decimal:
        """The most that the call is expected to cost."""

    def release(self, spend_usd: Decimal | None, http_status: int | None) -> None:
        """The call ended: `spend_usd` as its reply told it, `None` if it told none.

        It told none and has no `http_status` either when no answer came; a call that was not sent
        after all has spent 0.
        """


class Gate(Protocol):
    """Asked before each call, in the order in which the recorder was given its gates."""

    def attach(self, recorder: "Recorder") -> None:
        """Before the first call: the recorder whose calls will pass."""

    def turn(self) -> AbstractContextManager[object]:
        """Taken from before the first `reserve` for a call until its start is written.

        All gates of a recorder share it, and the first is asked for it.
        """

    def reserve(self, call: OutgoingCall) -> Reservation | None:
        """Hold what the call may cost. Raises `BudgetExceeded` to keep it from being sent."""
