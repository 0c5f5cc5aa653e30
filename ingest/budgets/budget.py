"""A budget: holds what each call may cost before it leaves, and refuses what could pass the limit.

What a call may cost at most is held from before it leaves until its cost is known, so that
however many are in flight, spent and held together stay below the limit.
"""

import os
import weakref
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from ingest.budgets.account import Account, BudgetThresholdReached, Reserved
from ingest.budgets.estimate import OUTPUT_TOKENS
from ingest.budgets.terms import Terms
from ingest.budgets.turn import Turn, turn_of
from ingest.clock import Clock, utc_now
from ingest.errors import UsageError
from ingest.recording.attribution import current_attribution
from ingest.recording.gate import OutgoingCall

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder
    from ingest.settings import Home

__all__ = ["Budget", "BudgetThresholdReached"]

UNKNOWN_CALL_USD = Decimal("0.25")
"""Held for a call to a model without a known price, and counted for one whose cost nobody told."""
REFRESH_SECONDS = 60.0
"""How often to look whether the lake has settlements, imports or prices that are new."""
IDLE_SECONDS = 60.0
"""After so long without a call the account of a run lets go of what it has open."""


class Budget:
    """At most `usd` for the calls of one ebook, run or API key, in any combination, or for all.

    With `per="day"` it is so much for each UTC day, with `per="run"` for each production run.

    Give it to `Recorder(budgets=[…])`. `usd` and `unknown_call_usd` are USD as text, `Decimal` or
    whole number; `soft_limit` is a share of `usd`, as "0.8"; `output_tokens` is assumed of each
    answer of a call that sets no `max_tokens`. A call that could pass the limit
    raises `BudgetExceeded` and is not sent. Raises `UsageError` for arguments that make no limit.
    A copy, also one that was sent to another process, has the same terms and no recorder.
    """

    _home: "Home | None"
    _turn: Turn | None

    def __init__(
        self,
        usd: str | Decimal | int,
        *,
        ebook_id: str | None = None,
        run_id: str | None = None,
        api_key: str | None = None,
        api_key_hash: str | None = None,
        per: Literal["day", "run"] | None = None,
        soft_limit: str | Decimal | int | None = None,
        unknown_call_usd: str | Decimal | int = UNKNOWN_CALL_USD,
        output_tokens: int = OUTPUT_TOKENS,
        refresh_seconds: float = REFRESH_SECONDS,
        clock: Clock = utc_now,
    ) -> None:
        checked = Terms.checked(
            usd, ebook_id, run_id, api_key, api_key_hash, per, soft_limit,
            unknown_call_usd, output_tokens, refresh_seconds, clock,
        )  # fmt: skip
        self.__setstate__(checked)

    @property
    def limit_usd(self) -> Decimal:
        """What the calls in scope may cost together."""
        return self.terms.limit_usd

    @property
    def committed_usd(self) -> Decimal:
        """What the calls in scope cost, or may have cost, and what those under way may cost.

        Read from lake and spool as of now. With `per="run"` it is that of the run around it.
        Raises `UsageError` before a recorder has the budget, and outside of a run.
        """
        run = current_attribution().run
        if self.terms.per == "run" and run is None:
            raise UsageError("A budget per run is asked inside a production_run.")
        return self._account(run.run_id if run is not None else None).committed_usd()

    def attach(self, recorder: "Recorder") -> None:
        """Called by the recorder; several recorders may share a budget if they share a home."""
        root = recorder.home.root.resolve()
        if self._home is not None and self._home.root.resolve() != root:
            raise UsageError("A budget counts the calls of one home; give each home its own.")
        if recorder in self._recorders:
            raise UsageError("The same budget was given twice to one recorder; give it once.")
        self._recorders.add(recorder)
        self._home, self._turn = recorder.home, turn_of(root)

    def turn(self) -> AbstractContextManager[object]:
        """Taken from before the first `reserve` for a call until its start is written."""
        return self._attached()[1]

    def reserve(self, call: OutgoingCall) -> Reserved | None:
        """Hold the most that `call` may cost; `None` if it is none of this budget's.

        Raises `BudgetExceeded` if that could pass the limit.
        """
        run = call.attribution.run
        if not self.terms.scope.covers(call) or (self.terms.per == "run" and run is None):
            return None
        return self._account(run.run_id if run is not None else None).reserve(call)

    def begin_in_child(self) -> None:
        """After a fork: calls under way are the parent's."""
        for account in self._accounts.values():
            account.begin_in_child()

    def _account(self, run_id: str | None) -> Account:
        home, turn = self._attached()
        run_id = run_id if self.terms.per == "run" else None
        with turn:
            account = self._accounts.get(run_id)
            if account is None:
                for other in self._accounts.values():
                    other.rest(self.idle_seconds)
                scope = replace(self.terms.scope, run_id=run_id or self.terms.scope.run_id)
                terms = replace(self.terms, scope=scope)
                account = self._accounts[run_id] = Account(home, turn, terms, self._recorders)
            return account

    def _attached(self) -> "tuple[Home, Turn]":
        if self._home is None or self._turn is None:
            raise UsageError("Give the budget to a Recorder first: it counts the calls of a home.")
        return self._home, self._turn

    def __getstate__(self) -> Terms:
        # A budget is copied, and travels to other processes, as its terms: what is held stays here.
        return self.terms

    def __setstate__(self, terms: Terms) -> None:
        self.terms = terms
        self.idle_seconds = IDLE_SECONDS
        self._home = self._turn = None
        self._recorders: weakref.WeakSet[Recorder] = weakref.WeakSet()
        self._accounts: dict[str | None, Account] = {}
        _budgets.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return object.__new__, (type(self),), self.__getstate__()


def _renew_in_child() -> None:
    for budget in tuple(_budgets):
        budget.begin_in_child()


_budgets: weakref.WeakSet[Budget] = weakref.WeakSet()
os.register_at_fork(after_in_child=_renew_in_child)
