"""Costs: every ebook, what it cost, and how much of that was wasted."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.charts import used_and_wasted
from app.downloads import to_csv
from app.formats import count, counted, usd, usd_exact, words
from app.ledger import ask, read_status
from app.sections import heading, open_ebook, show_ebooks_chart
from app.tiles import Tile, cost_per_page_tile, show_tiles, untracked_besides, waste_tile
from app.warehouse import Row

SORTS = ["cost", "cost per page", "waste share", "pages", "newest", "title"]
MOST_BARS = 30
# In the address, so that a view can be sent to somebody, and there again on the way back.
KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
COLUMNS = {
    "book": st.column_config.TextColumn("Ebook"),
    "cost_usd": st.column_config.NumberColumn("Cost, USD", format="%.4f"),
    "shared_cost_usd": st.column_config.NumberColumn(
        "Shared, USD",
        format="%.4f",
        help="Its part of calls for several ebooks or a series, besides its cost. Unattributed "
        "has that cost, so it is taken off there",
    ),
    "page_count": st.column_config.NumberColumn("Pages", format="localized"),
    "cost_per_page_usd": st.column_config.NumberColumn("Per page, USD", format="%.4f"),
    "wasted_percent": st.column_config.ProgressColumn(
        "Waste", format="%.1f%%", min_value=0, max_value=100, color="#c8553d"
    ),
    "rejected_cost_usd": st.column_config.NumberColumn("Rejected, USD", format="%.4f"),
    "call_count": st.column_config.NumberColumn("Calls", format="localized"),
    "unknown_count": st.column_config.NumberColumn(
        "Unpriced", help="Calls whose cost nobody has said yet; they add nothing to a sum"
    ),
    "series": st.column_config.TextColumn("Series"),
    "kind": st.column_config.TextColumn("Kind"),
}


def show_costs() -> None:
    st.title("Costs", anchor=False)
    found = ask("books", **_filters())
    rows = [row for row in found if not row["is_total"]]
    if not rows:
        st.info("No ebook passes these filters: clear the search or a choice above.")
        return
    show_tiles("total", _total_tiles(found[-1], len(rows)))
    if untracked := untracked_besides(read_status()):
        st.caption(f"What is shown here is what calls were recorded for{untracked}.")
    _show_chart(rows)
    _show_table(rows)


def _filters() -> dict[str, str | Sequence[str]]:
    books = ask("book_choices")
    with st.container(horizontal=True, key="filters"):
        search = st.text_input("Search", key="search", placeholder="title or id", **KEPT)
        kinds = _several("kind", _distinct(books, "kind"))
        series = _several("series", _distinct(books, "series"))
        sort = st.selectbox("Sort by", SORTS, key="sort", **KEPT)
    return {"search": search or "", "kinds": kinds, "series": series, "sort": sort}


def _several(name: str, options: list[str]) -> list[str]:
    return st.multiselect(
        name.capitalize(), options, key=name, format_func=words, placeholder="all", **KEPT
    )


def _distinct(books: list[Row], column: str) -> list[str]:
    return sorted({book[column] for book in books if book[column]})


def _total_tiles(total: Row, row_count: int) -> list[Tile]:
    exactly = f"Exactly {usd_exact(total['cost_usd'])}"
    return [
        Tile("Total", usd(total["cost_usd"]), usd_exact(total["cost_usd"]), exactly),
        Tile(
            "Rows",
            count(row_count),
            counted(total["call_count"], "call"),
            "Ebooks that pass the filters; calls for no ebook are one row, Unattributed.",
        ),
        Tile(
            "Pages",
            count(total["page_count"] or 0),
            "of the ebooks shown",
            "As described, else as many as calls were made for.",
        ),
        cost_per_page_tile(total["cost_per_page_usd"]),
        waste_tile(total),
    ]


def _show_chart(rows: list[Row]) -> None:
    heading("Cost of each ebook", "books")
    show_ebooks_chart(used_and_wasted(rows[:MOST_BARS], "ebook_id", "book"), "costs")
    if len(rows) > MOST_BARS:
        st.caption(f"The first {MOST_BARS} of {len(rows)} rows; the table has all.")


def _show_table(rows: list[Row]) -> None:
    event: Any = st.dataframe(
        [{name: row[name] for name in COLUMNS} for row in rows],
        column_config=COLUMNS,
        hide_index=True,
        height="content" if len(rows) <= MOST_BARS else 600,
        placeholder="—",
        on_select="rerun",
        selection_mode="single-cell",
        key="table",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Click a bar or a row to open its ebook.")
        st.download_button("Download CSV", to_csv(rows), "costs.csv", "text/csv", on_click="ignore")
    if cells := event["selection"]["cells"]:
        open_ebook(rows[cells[0][0]]["ebook_id"])


show_costs()
