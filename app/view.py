"""What the person who looks has chosen: time zone and currency once, filters page by page.

All of it is in the address, so that a link reproduces the page, and is there again on the way back.
"""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from app.access import draw_account
from app.formats import day, literal, words
from app.ledger import ask, read_status

KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
"""How a widget is kept in the address and for the session."""
BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
ALL_TIME, CUSTOM = "All time", "Dates"
_DAYS = {"Today": 1, "Last 7 days": 7, "Last 30 days": 30, "Last 90 days": 90}
PERIODS = [ALL_TIME, *_DAYS, "This month", "Last month", "This year", CUSTOM]
FILTERED = {"", "costs", "explore"}
"""The addresses of the pages that show a period, and what passes filters."""
_CHOSEN = "chosen view"
_NO_DATES: Sequence[date] = ()
FILTERS = {
    "kind": "kinds", "series": "series", "model": "models", "stage": "stages", "label": "labels"
}  # fmt: skip
"""Name in the address → name in the view."""


class View(NamedTuple):
    """What is shown: `since` until before `until` (UTC), of what passes every filter."""

    zone: str
    currency: str
    since: datetime = BEGINNING
    until: datetime = END
    kinds: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """As `key=value`: of each key one of the values given. `no label` is for calls without any."""
    search: str = ""
    is_fine: bool = False

    def as_parameter(self) -> dict[str, Any]:
        """The struct that the questions know as `$view`."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self._asdict().items()
        }

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self == View(self.zone, self.currency, is_fine=self.is_fine)

    def before(self) -> "View":
        """The same for as long a time before; nothing, if the time has no beginning."""
        if self.since == BEGINNING:
            return self._replace(until=BEGINNING)
        return self._replace(since=self.since - (self.until - self.since), until=self.since)

    def by_call(self) -> "View":
        """The same, read call by call: for what is finer than an hour."""
        return self._replace(is_fine=True)


def draw_toolbar(page: str) -> None:
    """Period, filters, time zone and currency, as far as the page has a use for them.

    The router draws them, for a widget that a page draws is that page's own.
    """
    with st.container(horizontal=True, key="toolbar"):
        period, dates, chosen = ALL_TIME, _NO_DATES, {}
        if page in FILTERED:
            period = str(
                st.selectbox("Period", PERIODS, key="period", label_visibility="collapsed", **KEPT)
            )
            dates = _dates() if period == CUSTOM else ()
            chosen = _filters()
        viewing = _viewing()
    since, until = _span(period, dates, ZoneInfo(viewing.zone))
    view = viewing._replace(since=since, until=until, **chosen)
    st.session_state[_CHOSEN] = view
    if told := _told(view, period):
        st.caption(told)


def chosen_view() -> View:
    """What is chosen in the toolbar."""
    view: View = st.session_state[_CHOSEN]
    return view


def _dates() -> Sequence[date]:
    today = datetime.now(UTC).date()
    picked: Any = st.date_input(
        "Dates", (today - timedelta(days=30), today), key="dates",
        label_visibility="collapsed", format="YYYY-MM-DD", **KEPT,
    )  # fmt: skip
    # An address may have them in reverse.
    return sorted(picked) if isinstance(picked, tuple) else (picked,)


def _filters() -> dict[str, Any]:
    options: dict[str, list[str]] = {name: [] for name in FILTERS}
    for row in ask("choices"):
        options[row["filter"]].append(row["choice"])
    with st.popover("Filters", icon=":material/filter_list:", key="filters"):
        return {
            of_view: tuple(
                st.multiselect(
                    name.capitalize(), options[name], key=name, format_func=words,
                    placeholder="all", **KEPT,
                )
            )
            for name, of_view in FILTERS.items()
        }  # fmt: skip


def _viewing() -> View:
    zones = sorted(available_timezones() - {"localtime"})
    currencies = ["USD", *(row["currency"] for row in ask("currencies"))]
    zone, currency = _first(zones, "INKLEDGER_TIME_ZONE"), _first(currencies, "INKLEDGER_CURRENCY")
    with st.container(horizontal=True, key="viewing"):
        zone = st.selectbox(
            "Time zone", zones, zones.index(zone), key="tz", label_visibility="collapsed", **KEPT
        )
        currency = st.selectbox(
            "Currency", currencies, currencies.index(currency), key="currency",
            label_visibility="collapsed", **KEPT,
        )  # fmt: skip
        draw_account()
    return View(zone, currency, is_fine=_needs_calls(zone))


def operators_view() -> View:
    """The whole ledger in USD, on the calendar of INKLEDGER_TIME_ZONE: for what nobody looks at."""
    zone = _first(sorted(available_timezones()), "INKLEDGER_TIME_ZONE")
    return View(zone, "USD", is_fine=_needs_calls(zone))


def _first(options: list[str], variable: str) -> str:
    """What the operator's environment names, if it is one of the options; else UTC or USD."""
    named = os.environ.get(variable, "")
    fallback = "UTC" if "UTC" in options else "USD"
    return named if named in options else fallback


def _needs_calls(zone: str) -> bool:
    """Whether some hour of the ledger is not a whole one on the clocks of the zone."""
    status = read_status()
    info, instant, last = ZoneInfo(zone), status["first_call_at"], status["last_call_at"]
    # Clocks change at most a few times a year; a day is short enough to miss none that matters.
    while instant is not None and instant <= last:
        if (info.utcoffset(instant) or timedelta()) % timedelta(hours=1):
            return True
        instant += timedelta(days=1)
    return False


def _span(period: str, dates: Sequence[date], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants between which a period lies on the calendar of a zone."""
    today = datetime.now(zone).date()
    tomorrow, month = today + timedelta(days=1), today.replace(day=1)
    first, end = {
        "This month": (month, tomorrow),
        "Last month": ((month - timedelta(days=1)).replace(day=1), month),
        "This year": (today.replace(month=1, day=1), tomorrow),
    }.get(period, (None, None))
    if period in _DAYS:
        first, end = tomorrow - timedelta(days=_DAYS[period]), tomorrow
    elif period == CUSTOM and dates:
        first, end = dates[0], dates[-1] + timedelta(days=1)
    if first is None or end is None:
        return BEGINNING, END
    return midnight(first, zone), midnight(end, zone)


def midnight(of_day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(of_day, time(), zone).astimezone(UTC)


def _told(view: View, period: str) -> str:
    """The filters in words, so that nobody takes a part for the whole."""
    said = []
    if period not in (ALL_TIME, CUSTOM):
        last = view.until.astimezone(ZoneInfo(view.zone)) - timedelta(days=1)
        days = (day(view.since.astimezone(ZoneInfo(view.zone))), day(last))
        said.append(" to ".join(dict.fromkeys(days)))
    for name, of_view in FILTERS.items():
        if chosen := [literal(words(one)) for one in getattr(view, of_view)]:
            said.append(f"{name} {' or '.join(chosen)}")
    return "Only " + ", ".join(said) + "." if said else ""
