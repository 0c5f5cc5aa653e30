"""What counts against a limit: spent, perhaps spent, and held for calls under way."""

from collections.abc import Iterable
from decimal import Decimal

from ingest.budgets.known import Known
from ingest.budgets.reading import Call
from ingest.wire.billing import NEVER_BILLED


class Tally:
    """USD of one budget, as far as this process knows."""

    def __init__(self) -> None:
        self.spent_usd = Decimal(0)
        self.untold_usd = Decimal(0)
        """What calls may have cost at most that have ended without telling."""
        self.held_usd = Decimal(0)
        self.dearest_usd: dict[str | None, Decimal] = {}
        self.under_way: dict[str, Decimal] = {}
        """Call → what is held for it."""

    @property
    def committed_usd(self) -> Decimal:
        """All of it: what the limit is compared with."""
        return self.spent_usd + self.untold_usd + self.held_usd

    def hold(self, event_id: str, upper_usd: Decimal) -> None:
        """A call is about to leave."""
        self.under_way[event_id] = upper_usd
        self.held_usd += upper_usd

    def release(self, event_id: str, spend_usd: Decimal | None, http_status: int | None) -> None:
        """The call ended; what it cost counts from now on, or what it may have cost."""
        held = self.under_way.pop(event_id, None)
        if held is None:
            return  # Held by the process that this one was forked from.
        self.held_usd -= held
        if spend_usd is not None:
            self.spent_usd += spend_usd
        elif http_status not in NEVER_BILLED:
            self.untold_usd += held

    def take(self, known: Known, unknown_call_usd: Decimal) -> None:
        """Replace what was counted of ended calls by what lake and spool say of them."""
        self.spent_usd = known.spent_usd
        self.dearest_usd = known.dearest_usd
        self.untold_usd = _at_most(known.open_calls, unknown_call_usd)


def _at_most(calls: Iterable[Call], unknown_call_usd: Decimal) -> Decimal:
    # Without a reservation it was made when there was no budget.
    reserved = (call.reserved_usd for call in calls)
    return sum((unknown_call_usd if each is None else each for each in reserved), Decimal(0))
