"""Tiles: a number with its unit, and what it means."""

from decimal import Decimal
from typing import NamedTuple

import streamlit as st

from app.formats import counted, share, usd, usd_exact, usd_prose
from app.warehouse import Row


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


def cost_per_page_tile(cost_per_page_usd: Decimal | None) -> Tile:
    """Cost per page, or that there is none without pages."""
    if cost_per_page_usd is None:
        return Tile("Cost per page", "—", "no pages are known", "Cost by number of pages.")
    meaning = f"Exactly {usd_exact(cost_per_page_usd)}; covers and outlines are in it."
    return Tile("Cost per page", usd(cost_per_page_usd), "all its work included", meaning)


def waste_tile(measures: Row) -> Tile:
    """The share of `wasted_cost_usd` in `cost_usd`, and what of it was rejected."""
    return Tile(
        "Waste",
        share(measures["wasted_share"]),
        f"{usd_prose(measures['wasted_cost_usd'])} wasted",
        f"Exactly {usd_exact(measures['wasted_cost_usd'])} for calls that were rejected, failed "
        f"or cancelled; {usd_exact(measures['rejected_cost_usd'])} of it for rejected results.",
    )


def untracked_besides(status: Row) -> str:
    """The end of a sentence about a total: what was billed besides. Nothing, if nothing was."""
    if not status["untracked_requests"]:
        return ""
    requests = counted(status["untracked_requests"], "request")
    return f"; besides, **{usd_exact(status['untracked_usd'])}** untracked ({requests})"
