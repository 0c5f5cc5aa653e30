"""The account of one limit: who may still spend from it, and what each call holds."""

import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING

from ingest.budgets.asked import choice_count
from ingest.budgets.estimate import upper_usd
from ingest.budgets.knowledge import Knowledge
from ingest.budgets.terms import Terms
from ingest.budgets.turn import Turn
from ingest.errors import BudgetExceeded
from ingest.money import LARGEST_USD, USD_PLACES, format_usd
from ingest.recording.gate import OutgoingCall
from ingest.wire.request import RequestFacts

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder
    from ingest.settings import Home


@dataclass(frozen=True)
class BudgetThresholdReached:
    """Published once when a budget has passed its soft limit, and again on another day."""

    scope: str
    limit_usd: Decimal
    soft_limit_usd: Decimal
    committed_usd: Decimal
    """Spent, and held for calls that have not told their cost."""


class Account:
    """What the calls of one scope spend and hold. Used in the turn of its home."""

    def __init__(
        self, home: "Home", turn: Turn, terms: Terms, recorders: "Collection[Recorder]"
    ) -> None:
        self._home = home
        self._turn = turn
        self._terms = terms
        self._recorders = recorders
        self._knowledge: Knowledge | None = None
        self.begin_in_child()

    def committed_usd(self) -> Decimal:
        """As lake, spool and this process know it now."""
        with self._turn:
            now = self._terms.clock().astimezone(UTC)
            return self._know_what_was_spent(now).tally.committed_usd

    def reserve(self, call: OutgoingCall) -> "Reserved":
        """Hold the most that `call` may cost; raises `BudgetExceeded` if it does not fit."""
        with self._turn:
            now = self._terms.clock().astimezone(UTC)
            knowledge = self._know_what_was_spent(now)
            amount_usd = self._upper_usd(call.facts, knowledge)
            if knowledge.tally.committed_usd + amount_usd > self._terms.limit_usd:
                raise BudgetExceeded(self._refusal(knowledge, amount_usd))
            knowledge.tally.hold(call.event_id, amount_usd, call.facts.requested_model, now.date())
            self._tell_soft_limit(knowledge.tally.committed_usd)
            return Reserved(self, call.event_id, amount_usd)

    def release(self, event_id: str, spend_usd: Decimal | None, http_status: int | None) -> None:
        """The call ended; `None` is what nobody has said."""
        # Counted at the next look: the collector may end a dropped reply at any moment, also while
        # this very thread is counting.
        self._ended.append((event_id, spend_usd, http_status))

    def drop(self, event_id: str) -> None:
        """The call was dropped without an end."""
        self._dropped.append(event_id)

    def rest(self, idle_seconds: float) -> None:
        """Close what is watched, unless it was used lately or has calls under way."""
        knowledge = self._knowledge
        if knowledge is not None and time.monotonic() - self._used_at > idle_seconds:
            self._count_ended(knowledge)
            if not knowledge.tally.left_out():
                self._knowledge = None
                knowledge.close()

    def begin_in_child(self) -> None:
        """After a fork: calls under way are the parent's."""
        self._ended: deque[tuple[str, Decimal | None, int | None]] = deque()
        self._dropped: deque[str] = deque()
        self._has_reached = False
        self._used_at = 0.0
        knowledge, self._knowledge = self._knowledge, None
        if knowledge is not None:
            knowledge.close()

    def _know_what_was_spent(self, now: datetime) -> Knowledge:
        if self._knowledge is None:
            terms = self._terms
            self._knowledge = Knowledge(self._home, terms.scope, terms.unknown_call_usd)
        knowledge, self._used_at = self._knowledge, time.monotonic()
        self._count_ended(knowledge)
        # Before the others are kept waiting: a long history takes its time.
        if knowledge.read_lake(now, self._terms.refresh_seconds):
            self._has_reached = False
        self._turn.share()
        knowledge.look(now)
        return knowledge

    def _count_ended(self, knowledge: Knowledge) -> None:
        while self._ended:
            knowledge.tally.end(*self._ended.popleft())
        while self._dropped:
            knowledge.tally.drop(self._dropped.popleft())

    def _upper_usd(self, facts: RequestFacts, knowledge: Knowledge) -> Decimal:
        upper = upper_usd(facts, knowledge.prices, self._terms.output_tokens)
        if upper is None:
            dearest = knowledge.tally.dearest_usd.get(facts.requested_model, Decimal(0))
            upper = max(dearest, self._terms.unknown_call_usd * choice_count(facts.document()))
        return min(upper, Decimal(LARGEST_USD)).quantize(USD_PLACES, rounding=ROUND_UP)

    def _tell_soft_limit(self, committed_usd: Decimal) -> None:
        terms = self._terms
        if self._has_reached or terms.soft_limit_usd is None:
            return
        if committed_usd < terms.soft_limit_usd:
            return
        self._has_reached = True
        reached = BudgetThresholdReached(
            str(terms.scope), terms.limit_usd, terms.soft_limit_usd, committed_usd
        )
        # When the turn is over: a subscriber may be slow, and may make calls of its own.
        self._turn.afterwards(lambda: self._publish(reached))

    def _publish(self, reached: BudgetThresholdReached) -> None:
        for bus in {id(each.bus): each.bus for each in self._recorders}.values():
            bus.publish(reached)

    def _refusal(self, knowledge: Knowledge, upper_usd: Decimal) -> str:
        tally = knowledge.tally
        return (
            f"The budget of {format_usd(self._terms.limit_usd)} USD for {self._terms.scope} has "
            f"{format_usd(tally.spent_usd)} USD spent and {format_usd(tally.held_usd)} USD held "
            "for calls that are under way or ended without telling their cost, and this call may "
            f"cost {format_usd(upper_usd)} USD: it was not sent. Raise the budget, set a lower "
            "max_tokens, wait for the calls under way, or pull settlements."
        )


class Reserved:
    """What an account holds for one call until its cost is known."""

    __slots__ = ("_account", "_event_id", "_is_held", "amount_usd")

    def __init__(self, account: Account, event_id: str, amount_usd: Decimal) -> None:
        self.amount_usd = amount_usd
        self._account = account
        self._event_id = event_id
        self._is_held = True

    def release(self, spend_usd: Decimal | None, http_status: int | None) -> None:
        """The call ended; `None` is what nobody has said."""
        self._is_held = False
        self._account.release(self._event_id, spend_usd, http_status)

    def __del__(self) -> None:
        # The reply was never read, nor closed.
        if self._is_held:
            self._account.drop(self._event_id)
