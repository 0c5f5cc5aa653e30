"""Reconciliation: whether the ledger is the bill, and if not, by how much and why."""

from collections.abc import Callable
from datetime import date

import streamlit as st

from app.charts import PICKED, pickable
from app.day_charts import STATES, day_calendar
from app.formats import (
    count,
    counted,
    day,
    money,
    money_prose,
    usd_exact,
    words,
)
from app.import_section import show_import
from app.ledger import ask, read_status
from app.notices import say_how_fresh
from app.sections import Section, show_table
from app.tiles import Tile, show_tiles
from app.view import KEPT
from app.warehouse import Row

WHAT_TO_DO = {
    "untracked_call": "Record these calls or import them: an activity export by call has them.",
    "other_key": "Record the calls of that key too, or leave it.",
    "not_settled_yet": "`inkledger pull settlements` asks what these calls cost.",
    "day_not_complete": "`inkledger pull activity`, or another export, when the day is over.",
    "byok": "Compare own-key usage with the provider's own bill.",
    "rounding": "Nothing: exports round.",
    "unexplained": "Compare that day's calls one by one.",
}
_number, _text = st.column_config.NumberColumn, st.column_config.TextColumn
_DIFFERENCE = _number("Difference, USD", format="%.6f", help="The provider's less the ledger's")
DAY_COLUMNS = {
    "date_utc": st.column_config.DateColumn("Day, UTC", format="YYYY-MM-DD", pinned=True),
    "state": _text("State"),
    "difference_usd": _DIFFERENCE,
    "missing_requests": _number("Requests", format="%+d", help="The provider's less the ledger's"),
    "ledger_usd": _number("Ledger, USD", format="%.6f"),
    "provider_usd": _number("Provider, USD", format="%.6f"),
    "why": _text("Why"),
}
MODEL_COLUMNS = {
    "model": _text("Model", pinned=True),
    "state": _text("State"),
    **{name: DAY_COLUMNS[name] for name in ("difference_usd", "missing_requests", "ledger_usd")},
    "provider_usd": _number("Provider, USD", format="%.6f"),
    "why": _text("Why"),
    "ledger_requests": _number("Requests, ledger", format="localized"),
    "provider_requests": _number("Requests, provider", format="localized"),
    "api_key": _text("Key"),
}
GENERATION_COLUMNS = {
    "generation_id": _text("Generation", help="OpenRouter's name of the call"),
    "match": _text("Told by"),
    "model": _text("Model"),
    "difference_usd": _DIFFERENCE,
    "recorded_usd": _number("Recorded, USD", format="%.6f"),
    "provider_usd": _number("Provider, USD", format="%.6f"),
    "told_by": _text("Provider's record"),
    "event_id": _text("Attempt"),
}
_MOMENT = {"format": "YYYY-MM-DD HH:mm", "timezone": "UTC"}
BALANCE_COLUMNS = {
    "of_what": _text("Balance of", pinned=True),
    "state": _text("State"),
    "difference_usd": _DIFFERENCE,
    "why": _text("Why"),
    "provider_usd": _number("It grew by, USD", format="%.6f"),
    "ledger_usd": _number("Ledger, USD", format="%.6f"),
    "in_flight_usd": _number("Under way, USD", format="%.6f"),
    "open_count": _number("Of unknown cost"),
    "from_at": st.column_config.DatetimeColumn(
        "From, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC"
    ),
    "until_at": st.column_config.DatetimeColumn(
        "Until, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC"
    ),
}
RUN_COLUMNS = {
    "run_id": _text("Run", pinned=True),
    "book": _text("Ebook"),
    "difference_usd": _number("Producer's less ledger's, USD", format="%.6f"),
    "producer_usd": _number("Producer, USD", format="%.6f"),
    "reported_usd": _number("Ledger, USD", format="%.6f"),
    "producer_attempt_count": _number("Attempts, producer"),
    "attempt_count": _number("Attempts, ledger"),
    "producer_unpriced_count": _number("Unpriced, producer"),
    "unpriced_count": _number("Unpriced, ledger"),
    "finished_at": st.column_config.DatetimeColumn(
        "Ended, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC"
    ),
}
AGE_COLUMNS = {
    "age": _text("Sent"),
    "unpriced_count": _number("Unpriced", format="localized"),
    "in_doubt_count": _number("In doubt", format="localized"),
    "without_generation_count": _number(
        "Without an id",
        format="localized",
        help="Only a search in OpenRouter's analytics finds them",
    ),
    "oldest_call_at": st.column_config.DatetimeColumn(
        "Oldest, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC"
    ),
}
EVIDENCE_COLUMNS = {
    "evidence": _text("Evidence"),
    "record_count": _number("Records", format="localized"),
    "first_at": st.column_config.DatetimeColumn("From, UTC", format="YYYY-MM-DD", timezone="UTC"),
    "last_at": st.column_config.DatetimeColumn("To, UTC", format="YYYY-MM-DD", timezone="UTC"),
}


def show_reconciliation() -> None:
    st.title("Reconciliation", anchor=False)
    verdict, classes = ask("verdict")[0], ask("difference_classes")
    st.markdown(_say_verdict(verdict, classes))
    show_tiles("bill", _tiles(verdict))
    sections: dict[str, Callable[[], None]] = {
        "days": lambda: _show_days(verdict),
        "differences": lambda: _show_differences(verdict),
        "unknown": _show_unknown,
        "evidence": _show_evidence,
        "import": show_import,
    }
    look = st.query_params.get("look", "")
    # What a link asks for comes first.
    for name in sorted(sections, key=lambda name: name != look):
        sections[name]()


def _say_verdict(verdict: Row, classes: list[Row]) -> str:
    """As `inkledger report reconciliation` ends: balanced, or what is open."""
    if verdict["is_balanced"] is None:
        return (
            "**Nothing to compare with**: no record of the provider's own has landed. "
            "`inkledger pull activity` brings OpenRouter's sums by day, with a management key; an "
            "export of its Activity page does, too."
        )
    if verdict["is_balanced"]:
        if not verdict["day_count"]:
            return "✓ **Balanced**: every balance grew by what the ledger says."
        rounded = verdict["rounding_usd"]
        rounding = f"; rounding {usd_exact(rounded)}" if rounded else ""
        return (
            f"✓ **Balanced**: all of {usd_exact(verdict['provider_usd'])}, "
            f"{counted(verdict['day_count'], 'day')}{rounding}."
        )
    return f"≠ **Open**: {', '.join(_open_parts(verdict, classes))}."


def _open_parts(verdict: Row, classes: list[Row]) -> list[str]:
    parts = [
        f"{words(row['difference_class'])} {usd_exact(row['amount_usd'])}"
        + (f" ({count(row['requests'])})" if row["requests"] else "")
        for row in classes
        if row["difference_class"] != "rounding"
    ]
    if disagreeing := verdict["disagreeing_run_count"]:
        runs = counted(verdict["run_count"], "run")
        parts.append(f"{count(disagreeing)} of {runs} differ from their producer's own sums")
    if unsettled := verdict["open_balance_count"]:
        parts.append(f"{counted(unsettled, 'balance')} grew by something else")
    return parts


def _tiles(verdict: Row) -> list[Tile]:
    if not verdict["day_count"]:
        return []
    days, differing = verdict["day_count"], verdict["differing_day_count"]
    return [
        Tile(
            "Provider less ledger",
            money(verdict["difference_usd"]),
            "requests alike"
            if not verdict["missing_requests"]
            else f"{verdict['missing_requests']:+,} requests",
            f"Exactly {usd_exact(verdict['difference_usd'])}, over the days that the provider's "
            "records cover.",
        ),
        Tile(
            "Days",
            count(days),
            f"{count(differing)} differ" if differing else "all to the last digit",
            f"UTC days from {day(verdict['first_date'])} to {day(verdict['last_date'])} that the "
            "provider's records cover.",
        ),
        Tile(
            "Provider",
            money(verdict["provider_usd"]),
            "by its own records",
            f"Exactly {usd_exact(verdict['provider_usd'])}, own-key usage included.",
        ),
        Tile(
            "Ledger",
            money(verdict["ledger_usd"]),
            "on the same days",
            f"Exactly {usd_exact(verdict['ledger_usd'])}; what is of other days is not compared.",
        ),
    ]


def _show_days(verdict: Row) -> None:
    section = Section("Day by day", "days")
    if not verdict["day_count"]:
        st.info("No day can be compared: no record of the provider's own covers any.")
        return
    year = section.choose("Year", [str(row["year"]) for row in ask("reconciled_years")], "year")
    days = section.ask("reconciled_days", year=int(year))
    st.altair_chart(
        pickable(day_calendar(days)), on_select=_pick_day, selection_mode=PICKED, key="calendar"
    )
    signs = ", ".join(f"{sign} {state}" for state, sign in STATES.items())
    st.caption(f"{signs}; a day without a sign has no record. A click on a day shows it below.")
    chosen = _choose_day(days)
    show_table(section.ask("reconciled_models", day=chosen), MODEL_COLUMNS)
    _show_generations(chosen)


def _pick_day() -> None:
    if points := st.session_state["calendar"]["selection"].get(PICKED):
        st.session_state["day"] = points[0]["key"]


def _choose_day(days: list[Row]) -> str:
    """One of the days, the newest that differs until somebody chooses."""
    newest = sorted(
        days, key=lambda row: (row["state"] == "differs", row["date_utc"]), reverse=True
    )
    of = {row["date_utc"].isoformat(): row for row in newest}
    # By its date alone, which a link then has, whatever becomes of the day.
    chosen = str(st.selectbox("Day", list(of), key="day", width=320, **KEPT))
    row = of[chosen]
    told = f"{STATES[row['state']]} {day(row['date_utc'])}: {row['state']}"
    if row["difference_usd"] or row["missing_requests"]:
        told += (
            f", the provider has {money_prose(row['difference_usd'], signed=True)} and "
            f"{row['missing_requests']:+,} requests to the ledger's"
        )
    st.caption(f"{told}.")
    return chosen


def _show_generations(chosen: str) -> None:
    section = Section(f"Generations of {day(date.fromisoformat(chosen))}", "generations")
    compared = section.ask("matched_generations", day=chosen)
    if not compared:
        st.caption(
            "No generation of that day has a record of the provider's own: its sums were compared "
            "as they are."
        )
        return
    st.markdown(
        "; ".join(
            f"**{count(row['generation_count'])}** {row['match']} by {row['told_by']}, "
            f"{money_prose(row['provider_usd'])}"
            for row in compared
        )
        + "."
    )
    if differing := section.ask("reconciled_generations", day=chosen):
        show_table(differing, GENERATION_COLUMNS)
    else:
        st.caption("Every one of them has a record on both sides, at the same cost.")


def _show_differences(verdict: Row) -> None:
    section = Section("Why they differ", "differences")
    classes = section.ask("difference_classes")
    if classes:
        for row in classes:
            days, requests = counted(row["day_count"], "day"), counted(row["requests"], "request")
            st.markdown(
                f"- **{words(row['difference_class']).capitalize()}**: "
                f"{usd_exact(row['amount_usd'])}, {requests}, on {days}. "
                f"{WHAT_TO_DO[row['difference_class']]}"
            )
        show_table(section.ask("differing_days"), DAY_COLUMNS)
    else:
        st.caption("No day differs." if verdict["day_count"] else "No day can be compared.")
    _show_balances()
    _show_runs(verdict)


def _show_balances() -> None:
    section = Section("Balances of the account", "balances")
    if balances := section.ask("balances"):
        show_table(balances, BALANCE_COLUMNS)
    else:
        st.caption(
            "No balance was asked for twice: `inkledger pull credits` asks what the account and "
            "each key have used, and the next time says what came in between."
        )


def _show_runs(verdict: Row) -> None:
    section = Section("Producers' own sums", "runs")
    runs, disagreeing = verdict["run_count"], verdict["disagreeing_run_count"]
    if not runs:
        st.caption("No run told its own sum.")
    elif disagreeing:
        st.markdown(f"≠ {count(disagreeing)} of {counted(runs, 'run')} differ from the ledger.")
        show_table(section.ask("disagreeing_runs"), RUN_COLUMNS)
    else:
        agreeing = "The run agrees" if runs == 1 else f"All {counted(runs, 'run')} agree"
        st.caption(f"✓ {agreeing} with the producer's own sum, to the last digit.")


def _show_unknown() -> None:
    section = Section("Costs nobody has said yet", "unknown")
    ages = section.ask("unknown_ages")
    status = read_status()
    if not status["unpriced_count"] + status["in_doubt_count"]:
        st.caption("✓ Every call has a cost, and none is in doubt.")
        return
    st.markdown(
        f"**{count(status['unpriced_count'])}** unpriced and **{count(status['in_doubt_count'])}** "
        "in doubt: they add nothing to any sum. `inkledger pull settlements` asks what they cost; "
        "OpenRouter answers for 31 days."
    )
    show_table(ages, AGE_COLUMNS)


def _show_evidence() -> None:
    section = Section("Evidence", "evidence")
    status = read_status()
    say_how_fresh(status, "UTC")
    show_table(section.ask("evidence"), EVIDENCE_COLUMNS)
    if status["quarantined_count"]:
        st.warning(
            f"{counted(status['quarantined_count'], 'line')} could not become a record and lie in "
            "quarantine, each with its reason: `quarantine` in the lake has them.",
            icon=":material/report:",
        )


show_reconciliation()
