"""Costs: every ebook, what it cost, and how much of that was wasted."""

from typing import Any

import streamlit as st

from app.charts import used_and_wasted
from app.exporting import offer_focus
from app.formats import count, counted, money, share, usd_exact, words
from app.ledger import ask, read_status
from app.notices import say_unconverted
from app.sections import Section, offer_downloads, open_ebook, show_ebooks_chart
from app.tiles import accepted_page_tile, show_tiles, spend_tile, untracked_besides, waste_tile
from app.view import KEPT, View, chosen_view
from app.warehouse import Row

SORTS = ["cost", "cost per page", "waste share", "pages", "newest", "title"]
MOST_BARS = 15
MOST_ROWS = 500
"""What the table shows; a download has all."""
ALL_ROWS = 2**62


def show_costs() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
        st.title("Costs", anchor=False)
        view = chosen_view()._replace(search=_search())
    totals = ask("totals", view=view.as_parameter(), before=view.before().as_parameter())[0]
    show_tiles(
        "total",
        [
            spend_tile(totals, view.currency),
            accepted_page_tile(totals, view.currency),
            waste_tile(totals),
        ],
    )
    say_unconverted(totals, view)
    st.caption(
        f"Exactly **{usd_exact(totals['cost_usd'])}** for what is shown"
        f"{untracked_besides(read_status())}."
    )
    section = Section("Cost of each ebook", "books")
    with section.controls:
        wanted = {"view": view.as_parameter(), **_order()}
    rows = section.ask("books", row_limit=MOST_ROWS, **wanted)
    if not rows:
        st.info("No ebook passes these filters: clear the search or a choice above.")
        return
    chart = used_and_wasted(rows[:MOST_BARS], "ebook_id", "book", view.currency)
    show_ebooks_chart(chart, "costs")
    _show_table(rows, view.currency)
    _offer_downloads(len(rows), wanted, view)
    _compare(rows, view)


def _search() -> str:
    sought = st.text_input(
        "Search", key="search", placeholder="Title or id", label_visibility="collapsed", **KEPT
    )
    return sought or ""


def _order() -> dict[str, str]:
    formats = [row["sale_format"] for row in ask("sale_formats")]
    sort = st.selectbox("Sort by", SORTS, key="sort", label_visibility="collapsed", **KEPT)
    sold_as = st.selectbox(
        "Sold as", formats, key="sold_as", format_func=words, label_visibility="collapsed", **KEPT
    )
    return {"sort": str(sort), "sold_as": str(sold_as or "")}


def _columns(currency: str) -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "book": text("Ebook", pinned=True),
        "cost": number(f"Cost, {currency}", format="%.4f"),
        "history": st.column_config.AreaChartColumn("Over time", y_min=0),
        "accepted_page_count": number("Accepted pages", format="localized"),
        "cost_per_accepted_page_usd": number(
            "Per accepted page, USD", format="%.4f", help="All its cost, of the whole ebook"
        ),
        "wasted_percent": st.column_config.ProgressColumn(
            "Waste", format="%.1f%%", min_value=0, max_value=100, color="#c8553d"
        ),
        "copies_to_pay_back": number(
            "Copies to pay back", format="localized", help="Sold at its list price as chosen above"
        ),
        "margin_after_100_usd": number("Margin at 100 copies, USD", format="%.2f"),
        "shared_cost_usd": number(
            "Shared, USD",
            format="%.4f",
            help="Its part of calls for several ebooks or a series, besides its cost. Unattributed "
            "has that cost, so it is taken off there",
        ),
        "call_count": number("Calls", format="localized"),
        "unknown_count": number(
            "Unpriced", help="Calls whose cost nobody has said yet; they add nothing to a sum"
        ),
        "series": text("Series"),
        "kind": text("Kind"),
    }


def _show_table(rows: list[Row], currency: str) -> None:
    columns = _columns(currency)
    event: Any = st.dataframe(
        [{name: row[name] for name in columns} for row in rows],
        column_config=columns,
        hide_index=True,
        height="content" if len(rows) <= 2 * MOST_BARS else 600,
        placeholder="—",
        on_select="rerun",
        selection_mode="single-cell",
        key="table",
    )
    if cells := event["selection"]["cells"]:
        open_ebook(rows[cells[0][0]]["ebook_id"])


def _offer_downloads(shown: int, wanted: dict[str, Any], view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        said = f"The first {count(shown)} rows; a download has all. " if shown == MOST_ROWS else ""
        st.caption(f"{said}Click a bar or a cell to open its ebook.")
        offer_downloads("books", "all", row_limit=ALL_ROWS, **wanted)
        offer_focus(view)


def _compare(rows: list[Row], view: View) -> None:
    section = Section("Two side by side", "compare")
    books = {row["ebook_id"]: row for row in rows}
    with section.controls:
        chosen = st.multiselect(
            "Ebooks", list(books), key="compare", max_selections=2, placeholder="Choose two ebooks",
            format_func=lambda ebook_id: books[ebook_id]["book"], label_visibility="collapsed",
            **KEPT,
        )  # fmt: skip
    if len(chosen) < 2:
        st.caption("Choose two of the ebooks listed above.")
        return
    left, right = (books[ebook_id] for ebook_id in chosen)
    stages = section.ask(
        "compared", view=view.as_parameter(), left_id=left["ebook_id"], right_id=right["ebook_id"]
    )
    st.table(_comparison(left, right, stages, view.currency))


def _comparison(left: Row, right: Row, stages: list[Row], currency: str) -> dict[str, list[str]]:
    """Words and numbers as a table of two columns shows them."""
    both = (left, right)
    measures = {
        "Cost": [money(row["cost"], currency) for row in both],
        "Waste": [
            "—" if row["wasted_percent"] is None else share(row["wasted_percent"] / 100)
            for row in both
        ],
        "Accepted pages, whole ebook": [count(row["accepted_page_count"]) for row in both],
        "Per accepted page, whole ebook": [
            "—"
            if row["cost_per_accepted_page_usd"] is None
            else money(row["cost_per_accepted_page_usd"])
            for row in both
        ],
        "Calls": [count(row["call_count"]) for row in both],
    }
    for stage in stages:
        measures[words(stage["stage"])] = [
            f"{money(stage[f'{side}_cost'], currency)} "
            f"({counted(stage[f'{side}_call_count'], 'call')})"
            for side in ("left", "right")
        ]
    names = [row["book"] for row in both]
    if names[0] == names[1]:
        names = [f"{row['book']} ({row['ebook_id']})" for row in both]
    return {
        "": list(measures),
        **{name: [cells[side] for cells in measures.values()] for side, name in enumerate(names)},
    }


show_costs()
