"""A budget: holds what each call may cost before it leaves, and refuses what could pass the limit.

What a call may cost at most is held from before it leaves until its cost is known, so that
however many are in flight, spent and held together stay below the limit.
"""

import os
import threading
import time
import weakref
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from ingest.budgets.estimate import Price, upper_usd
from ingest.budgets.known import known_calls
from ingest.budgets.reading import read
from ingest.budgets.scope import Scope, hash_of
from ingest.budgets.tally import Tally
from ingest.clock import Clock, utc_now
from ingest.errors import BudgetExceeded, UsageError
from ingest.money import LARGEST_USD, USD_PLACES, format_usd
from ingest.recording.gate import OutgoingCall
from ingest.wire.request import RequestFacts

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder

UNKNOWN_CALL_USD = Decimal("0.25")
"""Held for a call to a model without a known price, and counted for one whose cost nobody told."""
REFRESH_SECONDS = 60.0
"""How often the lake and the spool are read for what others spent and what was settled."""


@dataclass(frozen=True)
class BudgetThresholdReached:
    """Published once when a budget has passed its soft limit, and again on another day."""

    scope: str
    limit_usd: Decimal
    soft_limit_usd: Decimal
    committed_usd: Decimal
    """Spent, and held for calls under way."""


class Budget:
    """At most `usd` for the calls of one ebook, run or API key, in any combination, or for all.

    With `per="day"` it is so much for each UTC day, with `per="run"` for each production run.

    Give it to `Recorder(budgets=[…])`. `usd` and `unknown_call_usd` are USD as text, `Decimal` or
    whole number; `soft_limit` is a share of `usd`, as "0.8". A call that could pass the limit
    raises `BudgetExceeded` and is not sent. Raises `UsageError` for arguments that make no limit.
    """

    def __init__(
        self,
        usd: str | Decimal | int,
        *,
        ebook_id: str | None = None,
        run_id: str | None = None,
        api_key: str | None = None,
        api_key_hash: str | None = None,
        per: Literal["day", "run"] | None = None,
        soft_limit: str | Decimal | None = None,
        unknown_call_usd: str | Decimal | int = UNKNOWN_CALL_USD,
        refresh_seconds: float = REFRESH_SECONDS,
        clock: Clock = utc_now,
    ) -> None:
        if per not in (None, "day", "run"):
            raise UsageError(f"A budget is per 'day', per 'run' or for all, not per {per!r}.")
        self.limit_usd = _amount("usd", usd)
        self.scope = Scope(
            ebook_id, run_id, hash_of(api_key) if api_key else api_key_hash, per == "day"
        )
        self._soft_limit_usd = self._share(soft_limit)
        self._unknown_call_usd = _amount("unknown_call_usd", unknown_call_usd)
        self._refresh_seconds = refresh_seconds
        self._clock = clock
        self._recorder: Recorder | None = None
        self._prices: dict[str, Price] = {}
        self.per = per
        self._of_runs: dict[str, Budget] = {}
        self.begin_in_child()
        _budgets.add(self)

    @property
    def committed_usd(self) -> Decimal:
        """What the calls in scope cost, or may have cost, and what those under way may cost."""
        return self._tally.committed_usd

    def attach(self, recorder: "Recorder") -> None:
        """Called by the recorder; several recorders may share a budget if they share a home."""
        if self._recorder is not None and self._recorder.home.root != recorder.home.root:
            raise UsageError("A budget counts the calls of one home; give each home its own.")
        self._recorder = recorder

    def reserve(self, call: OutgoingCall) -> "_Reservation | None":
        """Hold the most that `call` may cost; `None` if it is none of this budget's.

        Raises `BudgetExceeded` if that could pass the limit.
        """
        if not self.scope.covers(call):
            return None
        if self.per == "run":
            run = call.attribution.run
            return self._of_run(run.run_id).reserve(call) if run is not None else None
        with self._lock:
            self._know_what_was_spent()
            upper_usd = self._upper_usd(call.facts)
            if self.committed_usd + upper_usd > self.limit_usd:
                raise BudgetExceeded(self._refusal(upper_usd))
            self._tally.hold(call.event_id, upper_usd)
            reached = self._soft_limit_reached()
        if reached is not None and self._recorder is not None:
            self._recorder.bus.publish(reached)
        return _Reservation(self, call.event_id, upper_usd)

    def release(self, event_id: str, spend_usd: Decimal | None, http_status: int | None) -> None:
        """The call ended; `None` is what nobody has said."""
        with self._lock:
            self._tally.release(event_id, spend_usd, http_status)

    def begin_in_child(self) -> None:
        """After a fork: calls under way are the parent's, whose lock may have been held."""
        self._lock = threading.Lock()
        self._tally = Tally()
        self._read_at: float | None = None
        self._day: date | None = None
        self._has_reached = False

    def _of_run(self, run_id: str) -> "Budget":
        with self._lock:
            if run_id not in self._of_runs:
                budget = copy(self)
                budget.scope, budget.per = replace(self.scope, run_id=run_id), None
                budget.begin_in_child()
                _budgets.add(budget)
                self._of_runs[run_id] = budget
            return self._of_runs[run_id]

    def _know_what_was_spent(self) -> None:
        now = self._clock()
        is_new_day = self.scope.is_daily and self._day != now.date()
        is_due = self._read_at is None or time.monotonic() - self._read_at > self._refresh_seconds
        if self._recorder is None or not (is_new_day or is_due):
            return
        if self._read_at is not None and self._recorder.spool.unwritten_count and not is_new_day:
            return  # What could not be written is known here only.
        reading = read(self._recorder.home, self.scope, now)
        known = known_calls(reading, self._tally.under_way)
        self._tally.take(known, self._unknown_call_usd)
        self._prices = reading.prices
        self._has_reached = self._has_reached and not is_new_day
        self._day, self._read_at = now.date(), time.monotonic()

    def _upper_usd(self, facts: RequestFacts) -> Decimal:
        upper = upper_usd(facts, self._prices)
        if upper is None:
            dearest = self._tally.dearest_usd.get(facts.requested_model, Decimal(0))
            upper = max(dearest, self._unknown_call_usd)
        return upper.quantize(USD_PLACES, rounding=ROUND_UP)

    def _soft_limit_reached(self) -> BudgetThresholdReached | None:
        soft, committed = self._soft_limit_usd, self.committed_usd
        if self._has_reached or soft is None or committed < soft:
            return None
        self._has_reached = True
        return BudgetThresholdReached(str(self.scope), self.limit_usd, soft, committed)

    def _refusal(self, upper_usd: Decimal) -> str:
        spent = self._tally.spent_usd + self._tally.untold_usd
        return (
            f"The budget of {format_usd(self.limit_usd)} USD for {self.scope} has "
            f"{format_usd(spent)} USD spent and {format_usd(self._tally.held_usd)} USD held for "
            f"calls under way, and this call may cost {format_usd(upper_usd)} USD: it was not "
            "sent. Raise the budget, set a lower max_tokens, or wait for the calls under way."
        )

    def _share(self, soft_limit: str | Decimal | None) -> Decimal | None:
        if soft_limit is None:
            return None
        share = _amount("soft_limit", soft_limit)
        if share > 1:
            raise UsageError(f"soft_limit is a share from 0 to 1, as '0.8', not {soft_limit!r}.")
        return self.limit_usd * share


@dataclass(frozen=True, slots=True)
class _Reservation:
    budget: Budget
    event_id: str
    amount_usd: Decimal

    def release(self, spend_usd: Decimal | None, http_status: int | None) -> None:
        self.budget.release(self.event_id, spend_usd, http_status)


def _renew_in_child() -> None:
    for budget in tuple(_budgets):
        budget.begin_in_child()


def _amount(name: str, value: str | Decimal | int) -> Decimal:
    try:
        if isinstance(value, str | Decimal | int) and not isinstance(value, bool):
            amount = Decimal(value)
            if amount.is_finite() and 0 <= amount < LARGEST_USD:
                return amount
    except InvalidOperation:
        pass
    raise UsageError(f"{name} must be an amount from 0 to {LARGEST_USD}, as '5.00', not {value!r}.")


_budgets: weakref.WeakSet[Budget] = weakref.WeakSet()
os.register_at_fork(after_in_child=_renew_in_child)
