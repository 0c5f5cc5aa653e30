"""What may be spent: `budgets.toml` beside the warehouse, and how much of it is.

[[budget]]
name = "All books"      # what it is called
limit_usd = "50.00"     # as text, so that no digit is lost
per = "month"           # day, week, month or year of the time zone; without it, all time
warn_at = 0.8           # optional: the share from which on it warns
kind = "coloring_book"  # optional, as are series, model, stage, label and ebook_id
"""

import tomllib
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import streamlit as st

from app.formats import counted, money_prose, share
from app.home import published_warehouse
from app.ledger import ask
from app.view import FILTERS, View, midnight

EXAMPLE = '[[budget]]\nname = "All books"\nlimit_usd = "50.00"\nper = "month"'
_KNOWN = {"name", "limit_usd", "per", "warn_at", "ebook_id", *FILTERS}
_PERIODS = ("day", "week", "month", "year")


class BudgetsUnreadable(Exception):
    """The sentence says what is wrong in `budgets.toml`."""


class Budget(NamedTuple):
    """So much in USD, for as long as `per` says, for what passes the filters."""

    name: str
    limit_usd: Decimal
    per: str | None
    warn_at: Decimal
    ebook_id: str
    filters: dict[str, Any]

    def seen_from(self, view: View) -> View:
        """The view of what counts for it now: its filters, in the period that goes on."""
        seen = View(view.zone, view.currency, is_fine=view.is_fine)._replace(**self.filters)
        if self.per is None:
            return seen
        zone = ZoneInfo(view.zone)
        first, end = _bounds(self.per, datetime.now(zone).date())
        return seen._replace(since=midnight(first, zone), until=midnight(end, zone))


def show_budgets(view: View) -> None:
    """A gauge for each budget; nothing where there is none."""
    try:
        budgets = read_budgets(published_warehouse().parent / "budgets.toml")
    except BudgetsUnreadable as unreadable:
        st.warning(str(unreadable), icon=":material/error:")
        return
    if budgets:
        with st.container(key="budgets"):
            for budget in budgets:
                _show(budget, view)


def read_budgets(path: Path) -> list[Budget]:
    """Every budget of the file, none if there is no file. Raises `BudgetsUnreadable`."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise BudgetsUnreadable(f"budgets.toml cannot be read: {error}.") from error
    entries = told.get("budget", [])
    if not isinstance(entries, list) or set(told) - {"budget"}:
        raise BudgetsUnreadable("budgets.toml may hold [[budget]] tables and nothing else.")
    return [_budget(number, entry) for number, entry in enumerate(entries, 1)]


def _budget(number: int, entry: dict[str, Any]) -> Budget:
    where = f"Budget {number} of budgets.toml"
    if unknown := sorted(set(entry) - _KNOWN):
        raise BudgetsUnreadable(f"{where} has an unknown `{unknown[0]}`; known are {_listed()}.")
    per = entry.get("per")
    if per not in (None, *_PERIODS):
        raise BudgetsUnreadable(f"{where}: `per` is day, week, month or year, not {per!r}.")
    return Budget(
        str(entry.get("name") or f"Budget {number}"),
        _amount(entry.get("limit_usd"), f"{where}: `limit_usd`"),
        per,
        _amount(entry.get("warn_at", "0.8"), f"{where}: `warn_at`"),
        str(entry.get("ebook_id", "")),
        {of_view: (str(entry[name]),) for name, of_view in FILTERS.items() if name in entry},
    )


def _listed() -> str:
    return ", ".join(sorted(_KNOWN))


def _amount(told: Any, where: str) -> Decimal:
    try:
        amount = Decimal(str(told))
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount < 10**12:
        raise BudgetsUnreadable(f'{where} is an amount above zero, as "50.00".')
    return amount


def _bounds(per: str, today: date) -> tuple[date, date]:
    """The first day of the period that goes on, and the first one after it."""
    if per == "day":
        return today, today + timedelta(days=1)
    if per == "week":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    if per == "month":
        return today.replace(day=1), (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return today.replace(month=1, day=1), today.replace(year=today.year + 1, month=1, day=1)


class Spent(NamedTuple):
    """How a budget stands now."""

    budget: Budget
    used: Decimal
    """The share of it that is spent."""
    spent_usd: Decimal
    unknown_count: int

    @property
    def state(self) -> str:
        """`over`, `near` its end, or `within`."""
        return "over" if self.used > 1 else "near" if self.used >= self.budget.warn_at else "within"

    def told(self, mark: str = "") -> str:
        """In words, without a full stop; `mark` is put around what must not be overlooked."""
        budget, calls = self.budget, counted(self.unknown_count, "call")
        said = {"over": f"{mark}over{mark}, ", "near": "near its end, ", "within": ""}[self.state]
        besides = f"; {calls} of unknown cost besides" if self.unknown_count else ""
        return (
            f"{budget.name}{f', this {budget.per}' if budget.per else ''}: {said}"
            f"{share(self.used)}, {money_prose(self.spent_usd)} of {money_prose(budget.limit_usd)}"
            f"{besides}"
        )


def spent_of(budget: Budget, view: View) -> Spent:
    """What is spent of it in the time zone of the view."""
    row = ask(
        "budget",
        view=budget.seen_from(view).as_parameter(),
        limit_usd=budget.limit_usd,
        ebook_id=budget.ebook_id,
    )[0]
    return Spent(budget, row["spent_share"], row["spent_usd"], int(row["unknown_count"]))


def _show(budget: Budget, view: View) -> None:
    spent = spent_of(budget, view)
    st.progress(min(float(spent.used), 1.0), spent.told("**"))
