"""What counts against a limit: spent, and held for calls that have not told their cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ingest.budgets.known import cost_of
from ingest.budgets.reading import Call
from ingest.wire.billing import NEVER_BILLED


@dataclass(slots=True)
class _Held:
    """A call that counts with what it may have cost, or with what only this process knows."""

    amount_usd: Decimal
    is_ours: bool = False
    is_under_way: bool = False
    is_told: bool = False
    """Its cost is known, and waits for the spool to have it."""
    is_seen: bool = False
    """A line of it was seen in the spool."""
    is_dropped: bool = False
    """Nobody will read its reply: the spool gets no more lines of it."""
    is_written: bool = False
    """Its last line was seen in the spool: whoever reads lake and spool knows it."""
    model: str | None = None
    day: date | None = None


class Tally:
    """USD of one budget. Calls are dropped as soon as their cost is known and written."""

    def __init__(self) -> None:
        self.spent_usd = Decimal(0)
        self.held_usd = Decimal(0)
        self.dearest_usd: dict[str | None, Decimal] = {}
        self._calls: dict[str, _Held] = {}

    @property
    def committed_usd(self) -> Decimal:
        """All of it: what the limit is compared with."""
        return self.spent_usd + self.held_usd

    def hold(self, event_id: str, upper_usd: Decimal, model: str | None, day: date) -> None:
        """A call of this process is about to leave."""
        self._calls[event_id] = _Held(upper_usd, True, True, model=model, day=day)
        self.held_usd += upper_usd

    def end(self, event_id: str, spend_usd: Decimal | None, http_status: int | None) -> None:
        """A call of this process ended; what it cost counts from now on, or may have cost."""
        call = self._calls.get(event_id)
        if call is None or not call.is_under_way:
            return  # Held by the process that this one was forked from, or on another day.
        call.is_under_way = False
        if spend_usd == 0 and http_status is None:
            # It was not sent after all, and nothing of it is written.
            call.is_written = True
        if spend_usd is None and http_status in NEVER_BILLED:
            spend_usd = Decimal(0)
        if spend_usd is not None:
            self._tell(event_id, call, spend_usd)

    def drop(self, event_id: str) -> None:
        """A call of this process ended unseen: what the spool says of it counts."""
        call = self._calls.get(event_id)
        if call is not None:
            call.is_under_way = False
            call.is_dropped = True
            call.is_written = call.is_seen
            if call.is_told and call.is_written:
                self._forget(event_id, call)

    def see(self, call: Call, reserved_usd: Decimal) -> None:
        """A line of a call in scope, of whichever process."""
        known = self._calls.get(call.event_id)
        cost_usd = cost_of(call)
        if known is None:
            if cost_usd is None:
                self._calls[call.event_id] = _Held(reserved_usd)
                self.held_usd += reserved_usd
            else:
                self._spend(call.requested_model, cost_usd)
            return
        known.is_seen = True
        known.is_written |= known.is_dropped or not known.is_ours or call.finished_at is not None
        if cost_usd is not None and not known.is_told:
            known.model = call.requested_model
            self._tell(call.event_id, known, cost_usd)
        elif known.is_told and known.is_written:
            self._forget(call.event_id, known)

    def left_out(self) -> list[str]:
        """Calls of which this process knows more than lake and spool."""
        return [event_id for event_id, call in self._calls.items() if _is_known_here_only(call)]

    def take(
        self,
        spent_usd: Decimal,
        open_calls: Iterable[tuple[str, Decimal]],
        dearest_usd: Iterable[tuple[str | None, Decimal]],
    ) -> None:
        """Replace everything but `left_out` by what lake and spool say."""
        kept = {name: call for name, call in self._calls.items() if _is_known_here_only(call)}
        told = sum((call.amount_usd for call in kept.values() if call.is_told), Decimal(0))
        self.spent_usd = spent_usd + told
        self._calls = {name: _Held(amount_usd) for name, amount_usd in open_calls} | kept
        calls = self._calls.values()
        self.held_usd = sum((each.amount_usd for each in calls if not each.is_told), Decimal(0))
        self.dearest_usd = dict(dearest_usd)

    def forget_days_before(self, today: date) -> None:
        """Another day began: what is under way since the last one is that one's."""
        for event_id, call in [*self._calls.items()]:
            if call.day is not None and call.day < today:
                del self._calls[event_id]

    def _tell(self, event_id: str, call: _Held, cost_usd: Decimal) -> None:
        if call.is_told:
            self.spent_usd -= call.amount_usd
        else:
            self.held_usd -= call.amount_usd
        self._spend(call.model, cost_usd)
        call.amount_usd, call.is_told = cost_usd, True
        if call.is_written and not call.is_under_way:
            self._forget(event_id, call)

    def _spend(self, model: str | None, cost_usd: Decimal) -> None:
        self.spent_usd += cost_usd
        self.dearest_usd[model] = max(cost_usd, self.dearest_usd.get(model, cost_usd))

    def _forget(self, event_id: str, call: _Held) -> None:
        if not call.is_under_way:
            del self._calls[event_id]


def _is_known_here_only(call: _Held) -> bool:
    return call.is_ours and (call.is_under_way or not call.is_written)
