"""Overview: what was spent, on what, and how sure that is."""

from datetime import timedelta

import streamlit as st

from app.charts import spend_over_time, used_and_wasted
from app.formats import count, counted, usd, usd_exact
from app.ledger import ask, read_status
from app.notices import say_how_fresh
from app.sections import choose, heading, show_ebooks_chart, show_parts
from app.tiles import Tile, cost_per_page_tile, show_tiles, untracked_besides, waste_tile
from app.warehouse import Row

GRAINS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
# A grain is offered up to so many columns, and is what is shown first up to so many.
MOST_COLUMNS = 1200
EASY_COLUMNS = 150


def show_overview() -> None:
    status = read_status()
    st.title("Overview", anchor=False)
    st.caption(
        f"{counted(status['attempt_count'], 'call')} to OpenRouter, "
        f"exactly **{usd_exact(status['cost_usd'])}** in all{untracked_besides(status)}."
    )
    show_tiles("spend", _spend_tiles(status))
    show_tiles("doubt", [*_doubt_tiles(status), _bill_tile(ask("reconciliation")[0])])
    # Calls that were imported have no stage until a rule attributes them; models they have.
    splits = ["stage", "model"] if status["ebook_count"] else ["model", "stage"]
    _show_trend(status, splits)
    left, right = st.columns(2, gap="medium")
    with left:
        show_parts("Where the money went", splits)
    with right:
        _show_dearest()
    say_how_fresh(status)


def _spend_tiles(status: Row) -> list[Tile]:
    return [
        Tile(
            "Spend",
            usd(status["cost_usd"]),
            counted(status["attempt_count"], "call"),
            f"Exactly {usd_exact(status['cost_usd'])}: charged to credits, and what the provider "
            "took on a key of our own.",
        ),
        Tile(
            "Ebooks",
            count(status["ebook_count"]),
            counted(status["page_count"], "page"),
            "Ebooks that are described or that calls were made for, and their pages.",
        ),
        cost_per_page_tile(status["cost_per_page_usd"]),
        waste_tile(status),
    ]


def _doubt_tiles(status: Row) -> list[Tile]:
    unpriced, in_doubt = status["unpriced_count"], status["in_doubt_count"]
    unattributed = status["unattributed_cost_usd"]
    return [
        Tile(
            "Unattributed",
            usd(unattributed) if unattributed else "None",
            "made for no ebook" if unattributed else "every call was for an ebook",
            f"Exactly {usd_exact(unattributed)} for calls of which no one ebook is named; what "
            "several share is in it.",
        ),
        Tile(
            "Unpriced",
            count(unpriced) if unpriced else "None",
            "calls of unknown cost" if unpriced else "every call has a price",
            "Calls that ended and whose cost nobody has said; they are not counted as 0. "
            f"`inkledger pull settlements` asks. Estimated at list price: "
            f"{counted(status['estimated_count'], 'call')}.",
        ),
        Tile(
            "In doubt",
            count(in_doubt) if in_doubt else "None",
            "calls with no known end" if in_doubt else "every call has ended",
            "Calls that were sent, and whose process died before the answer was read.",
        ),
    ]


def _bill_tile(bill: Row) -> Tile:
    meaning = (
        "What OpenRouter's own records have beyond these calls, over the UTC days that they "
        f"cover: exactly {usd_exact(bill['difference_usd'])}. `inkledger report reconciliation` "
        "lists the days, `inkledger pull activity` or an import brings the records."
    )
    days = counted(bill["day_count"], "day")
    if not bill["day_count"]:
        value, remark = "Not known", "no records to compare"
    elif not bill["differing_day_count"]:
        value, remark = "Nothing", f"{days} agree to the last digit"
    else:
        requests = counted(bill["missing_requests"], "request")
        value = usd(bill["difference_usd"])
        remark = f"{requests}, on {bill['differing_day_count']} of {days}"
    return Tile("Not in this ledger", value, remark, meaning)


def _show_dearest() -> None:
    heading("The dearest ebooks", "dearest_books")
    books = ask("dearest_books")
    if books:
        show_ebooks_chart(used_and_wasted(books, "ebook_id", "book"), "dearest")
    else:
        st.info(
            "No call was made for an ebook yet. `attribute(ebook_id=…)` says so in a program, and "
            "`attribution.toml` for calls that are imported."
        )


def _show_trend(status: Row, splits: list[str]) -> None:
    span = status["last_call_at"] - status["first_call_at"]
    with heading("Spend over time", "spend_over_time"):
        split = choose("Split by", splits, "trend-split")
        grain = choose(
            "Per", _grains(span, MOST_COLUMNS), "trend-grain", _grains(span, EASY_COLUMNS)[0]
        )
    rows = ask("spend_over_time", grain=grain, split=split)
    st.altair_chart(spend_over_time(rows, grain))


def _grains(span: timedelta, most_columns: int) -> list[str]:
    fitting = [grain for grain, lasts in GRAINS.items() if span <= most_columns * lasts]
    return fitting or ["day"]


show_overview()
