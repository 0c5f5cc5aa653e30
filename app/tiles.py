"""Tiles: a number with its unit, and what it means."""

from typing import NamedTuple

import streamlit as st

from app.formats import change, count, counted, money, money_prose, share, usd_exact
from app.warehouse import Row

PER_PAGE = "Per accepted page"


class Tile(NamedTuple):
    """A number with its unit, a remark below it, and what it means for who asks."""

    label: str
    value: str
    remark: str
    meaning: str


def show_tiles(name: str, tiles: list[Tile]) -> None:
    """Tiles side by side, as many in a row as fit; `name` tells the rows of a page apart."""
    with st.container(horizontal=True, key=f"tiles-{name}"):
        for tile in tiles:
            st.metric(
                tile.label,
                tile.value,
                tile.remark,
                delta_color="off",
                delta_arrow="off",
                help=tile.meaning,
                border=True,
            )


def spend_tile(totals: Row, currency: str) -> Tile:
    """What was spent in the time shown, and how much more that is than in the time before."""
    calls = counted(totals["call_count"], "call")
    before, rise = money(totals["cost_before"], currency), totals["change_share"]
    return Tile(
        "Spend",
        money(totals["cost"], currency),
        f"{change(rise)} from {before} before" if rise else calls,
        f"Exactly {usd_exact(totals['cost_usd'])} for {calls}: charged to credits, and what the "
        "provider took on a key of our own.",
    )


def accepted_page_tile(totals: Row, currency: str) -> Tile:
    """Cost per accepted page, or that there is none."""
    pages = totals["accepted_page_count"]
    if not pages:
        return Tile(PER_PAGE, "—", "no page was accepted", "Cost by number of accepted pages.")
    return Tile(
        PER_PAGE,
        money(totals["cost_per_accepted_page"], currency),
        f"{count(int(pages))} accepted",
        f"Exactly {usd_exact(totals['cost_per_accepted_page_usd'])}, all work on an ebook "
        "included: covers, outlines, what was rejected. Of ebooks last worked on in this time.",
    )


def waste_tile(measures: Row) -> Tile:
    """The share of `wasted_cost_usd` in `cost_usd`."""
    return Tile(
        "Waste",
        share(measures["wasted_share"]),
        f"{money_prose(measures['wasted_cost_usd'])} wasted",
        f"Exactly {usd_exact(measures['wasted_cost_usd'])} for calls that were rejected, tried "
        "again, failed or cancelled.",
    )


def untracked_besides(status: Row) -> str:
    """The end of a sentence about a total: what was billed besides. Nothing, if nothing was."""
    if not status["untracked_requests"]:
        return ""
    requests = counted(status["untracked_requests"], "request")
    return f"; besides, **{usd_exact(status['untracked_usd'])}** untracked ({requests})"
