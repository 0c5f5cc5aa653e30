"""Overview: what was spent, on what, and how sure that is."""

from datetime import datetime, timedelta

import streamlit as st

from app.budgets import show_budgets
from app.charts import spend_over_time, used_and_wasted
from app.formats import age, count, counted, money, money_prose, month, usd_exact
from app.ledger import ask, read_status
from app.notices import say_how_fresh, say_unconverted
from app.sections import Section, show_ebooks_chart, show_parts
from app.tiles import (
    Tile,
    accepted_page_tile,
    show_tiles,
    spend_tile,
    untracked_besides,
    waste_tile,
)
from app.view import View, chosen_view
from app.warehouse import Row

GRAINS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
# A grain is offered up to so many columns, and is what is shown first up to so many.
MOST_COLUMNS = 1200
EASY_COLUMNS = 90


def show_overview() -> None:
    status = read_status()
    st.title("Overview", anchor=False)
    view = chosen_view()
    totals = ask("totals", view=view.as_parameter(), before=view.before().as_parameter())[0]
    st.caption(
        f"{counted(status['attempt_count'], 'call')} to OpenRouter, "
        f"exactly **{usd_exact(status['cost_usd'])}** in all{untracked_besides(status)}."
    )
    show_tiles("spend", _tiles(totals, view))
    show_budgets(view)
    _show_quality(status)
    say_unconverted(totals, view)
    _show_change()
    # Calls that were imported have no stage until a rule attributes them; models they have.
    splits = ["stage", "model"] if status["ebook_count"] else ["model", "stage"]
    _show_trend(status, view, splits)
    left, right = st.columns(2, gap="medium")
    with left:
        show_parts("Where the money went", splits, view)
    with right:
        _show_dearest(view)
    say_how_fresh(status, view.zone)


def _tiles(totals: Row, view: View) -> list[Tile]:
    return [
        spend_tile(totals, view.currency),
        Tile(
            "Finished ebooks",
            count(totals["finished_count"]),
            f"of {counted(totals['ebook_count'], 'ebook')} worked on",
            "Every page has an accepted result; where nobody says what was accepted, the run that "
            "made it ended.",
        ),
        accepted_page_tile(totals, view.currency),
        waste_tile(totals),
        *_forecast_tiles(),
    ]


def _forecast_tiles() -> list[Tile]:
    """Nothing without four weeks of history."""
    return [
        Tile(
            f"{month(row['month_start'])} in all",
            money(row["expected_cost_usd"]),
            f"{money_prose(row['low_cost_usd'])} to {money_prose(row['high_cost_usd'])}",
            f"The whole ledger to the end of that UTC month, as told on {row['forecast_date']}: "
            f"{usd_exact(row['spent_usd'])} were spent, and each day to come is expected to cost "
            "what such a day of the week did. In eight cases of ten it lies between the two.",
        )
        for row in ask("forecast")
    ]


def _show_quality(status: Row) -> None:
    """How far the numbers can be trusted; each word leads to the place that explains it."""
    bill = ask("reconciliation")[0]
    with st.container(horizontal=True, key="quality"):
        for is_well, label, look in _qualities(status, bill):
            st.page_link(
                "screens/reconciliation.py",
                label=label,
                icon=":material/check_circle:" if is_well else ":material/error:",
                query_params={"look": look},
            )


def _qualities(status: Row, bill: Row) -> list[tuple[bool, str, str]]:
    landed = datetime.now(status["landed_at"].tzinfo) - status["landed_at"]
    unpriced, in_doubt = status["unpriced_count"], status["in_doubt_count"]
    untracked, differing = status["untracked_requests"], bill["differing_day_count"]
    days = counted(bill["day_count"], "day")
    return [
        (landed < timedelta(days=1), f"Landed {age(landed)} ago", "evidence"),
        (not unpriced, f"{count(unpriced)} unpriced" if unpriced else "All priced", "unknown"),
        (not in_doubt, f"{count(in_doubt)} in doubt" if in_doubt else "None in doubt", "unknown"),
        (
            not untracked,
            f"{money_prose(status['untracked_usd'])} untracked" if untracked else "None untracked",
            "differences",
        ),
        (
            bool(bill["day_count"]) and not differing,
            "No bill to compare"
            if not bill["day_count"]
            else f"{count(differing)} of {days} differ"
            if differing
            else f"{days} balanced",
            "days",
        ),
    ]


def _show_change() -> None:
    """Why a month cost more or less than the one before, in one sentence."""
    for row in ask("variance"):
        more = "more" if row["difference_usd"] >= 0 else "less"
        parts = ", ".join(
            f"{said} {money_prose(row[part], signed=True)}"
            for part, said in (
                ("volume_usd", "number of calls"),
                ("price_usd", "cost of a call"),
                ("mix_usd", "choice of models"),
            )
        )
        st.markdown(
            f"**{month(row['month_start'])}** cost **{money_prose(abs(row['difference_usd']))}** "
            f"{more} than the month before: {parts}. `{row['driver_model']}` changed most, by "
            f"{money_prose(row['driver_usd'], signed=True)}."
        )


def _show_dearest(view: View) -> None:
    section = Section("The dearest ebooks", "dearest")
    books = section.ask("dearest_books", view=view.as_parameter())
    if books:
        chart = used_and_wasted(books, "ebook_id", "book", view.currency)
        show_ebooks_chart(chart, "dearest")
    elif view.is_whole:
        st.info(
            "No call was made for an ebook yet. `attribute(ebook_id=…)` says so in a program, and "
            "`attribution.toml` for calls that are imported."
        )
    else:
        st.info("No ebook has a call that passes these filters.")


def _show_trend(status: Row, view: View, splits: list[str]) -> None:
    span = min(view.until, status["last_call_at"]) - max(view.since, status["first_call_at"])
    section = Section("Spend over time", "trend")
    split = section.choose("Split by", splits, "split")
    easy = _grains(span, EASY_COLUMNS)[0]
    grain = section.choose("Per", _grains(span, MOST_COLUMNS), "grain", easy)
    shown = view.by_call() if grain in ("second", "minute") else view
    rows = section.ask("spend_over_time", view=shown.as_parameter(), grain=grain, split=split)
    if rows:
        st.altair_chart(spend_over_time(rows, grain, view.currency))
    else:
        st.info("Nothing was spent in this time on what passes the filters.")


def _grains(span: timedelta, most_columns: int) -> list[str]:
    fitting = [
        grain for grain, lasts in GRAINS.items() if lasts <= max(span, timedelta(days=1))
        and span <= most_columns * lasts
    ]  # fmt: skip
    return fitting or ["month"]


show_overview()
