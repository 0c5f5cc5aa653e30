"""Ebook: one book by stage, page, model and attempt, and what it takes to pay it back."""

from typing import Any

import streamlit as st

from app.charts import area_map, margin_line, page_grid, stage_waterfall, time_line
from app.formats import count, counted, moment, money, money_prose, usd_exact
from app.ledger import ask
from app.sections import Section
from app.tiles import PER_PAGE, Tile, show_tiles, waste_tile
from app.view import KEPT, View, chosen_view
from app.warehouse import Row

COLUMNS = {
    "stage": st.column_config.TextColumn("Stage"),
    "page": st.column_config.TextColumn("Page", alignment="right"),
    "model": st.column_config.TextColumn("Model"),
    "provider": st.column_config.TextColumn("Provider"),
    "status": st.column_config.TextColumn("Status"),
    "outcome": st.column_config.TextColumn("Outcome"),
    "input_tokens": st.column_config.NumberColumn("Tokens in", format="localized"),
    "output_tokens": st.column_config.NumberColumn("Tokens out", format="localized"),
    "cost_usd": st.column_config.NumberColumn("Cost, USD", format="%.6f"),
    "cost_source": st.column_config.TextColumn("Cost from"),
    "generation_id": st.column_config.TextColumn(
        "Generation", help="OpenRouter's name of the call, by which it can be looked up there"
    ),
}
BREAK_EVEN_COLUMNS = {
    "format_name": st.column_config.TextColumn("Sold as"),
    "list_price_usd": st.column_config.NumberColumn("List price, USD", format="%.2f"),
    "royalty_rate": st.column_config.NumberColumn("Royalty", format="percent"),
    "copy_cost_usd": st.column_config.NumberColumn("Printing or delivery, USD", format="%.2f"),
    "earned_per_copy_usd": st.column_config.NumberColumn("Earned per copy, USD", format="%.4f"),
    "copies_to_pay_back": st.column_config.NumberColumn("Copies to pay back", format="localized"),
    "margin_usd": st.column_config.NumberColumn("Margin, USD", format="%.2f"),
    "no_payback_reason": st.column_config.TextColumn("Why never"),
}


def show_ebook() -> None:
    asked = st.query_params.get("ebook_id")
    if asked is None:
        asked = _dearest()
    title = st.empty()
    view = chosen_view()
    found = ask("ebook", ebook_id=asked, view=view.as_parameter())
    if not found:
        title.title("No such ebook", anchor=False)
        _say_unknown()
        return
    book = found[0]
    with title.container(horizontal=True, vertical_alignment="bottom", key="head"):
        st.title(book["book"], anchor=False)
        _choose_another()
    st.caption(_describe(book, view.zone))
    show_tiles("book", _tiles(book, view))
    _show_work(asked, view.zone)
    _show_break_even(book)
    _show_attempts(book, view.zone)


def _dearest() -> str:
    return str(ask("book_choices", search="")[0]["ebook_id"])


def _say_unknown() -> None:
    st.markdown("The ledger knows no ebook by the id in this address. **Costs** lists all.")
    st.page_link("screens/costs.py", label="All ebooks", icon=":material/arrow_back:")


def _choose_another() -> None:
    """Offers the dearest ebooks; whatever else is typed is sought in titles and ids."""
    books = {row["ebook_id"]: row["book"] for row in ask("book_choices", search="")}
    chosen = st.selectbox(
        "Another ebook",
        list(books),
        index=None,
        format_func=lambda ebook_id: books.get(ebook_id, ebook_id),
        placeholder="Another ebook: title or id",
        accept_new_options=True,
        label_visibility="collapsed",
        key="another",
    )
    if chosen is None:
        return
    found = [chosen] if chosen in books else _sought(chosen)
    del st.session_state["another"]
    st.query_params["ebook_id"] = found[0] if found else chosen
    st.rerun()


def _sought(words_sought: str) -> list[str]:
    return [row["ebook_id"] for row in ask("book_choices", search=words_sought)]


def _describe(book: Row, zone: str) -> str:
    said = [book["kind_name"], book["series"], book["ebook_id"]]
    if book["last_call_at"]:
        said.append(f"last call {moment(book['last_call_at'], zone)}")
    return " · ".join(word for word in said if word)


def _tiles(book: Row, view: View) -> list[Tile]:
    unknown = book["unpriced_count"] + book["in_doubt_count"]
    return [
        Tile(
            "Cost",
            money(book["cost"], view.currency),
            usd_exact(book["cost_usd"]),
            "Of all its calls.",
        ),
        *_shared_tiles(book),
        Tile(
            "Pages",
            "—" if book["page_count"] is None else count(book["page_count"]),
            "no page is known"
            if book["page_count"] is None
            else f"{count(book['accepted_page_count'])} accepted",
            "As described, else as many as calls were made for.",
        ),
        _per_page_tile(book),
        waste_tile(book),
        Tile(
            "Attempts",
            count(book["call_count"]),
            f"{counted(unknown, 'attempt')} of unknown cost"
            if unknown
            else "every one has a price",
            f"HTTP requests, for {counted(book['operation_count'], 'operation')}: a retry is an "
            "attempt of its own.",
        ),
    ]


def _per_page_tile(book: Row) -> Tile:
    per_page = book["cost_per_accepted_page_usd"]
    if per_page is None:
        return Tile(PER_PAGE, "—", "no page was accepted", "Cost by number of accepted pages.")
    meaning = f"Exactly {usd_exact(per_page)}; covers, outlines and rejected tries are in it."
    return Tile(PER_PAGE, money(per_page), "all its work included", meaning)


def _shared_tiles(book: Row) -> list[Tile]:
    """Nothing for an ebook that shares no call."""
    if not book["shared_cost_usd"]:
        return []
    meaning = (
        f"Exactly {usd_exact(book['shared_cost_usd'])}: its part of calls for several ebooks or "
        "for its series, not in the cost. Of calls for no one ebook, what ebooks bear is taken off."
    )
    remark = f"{money_prose(book['full_cost_usd'])} with the cost"
    return [Tile("Shared", money(book["shared_cost_usd"]), remark, meaning)]


def _show_work(ebook_id: str, zone: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        stages = Section("From stage to stage", "stages").ask("ebook_stages", ebook_id=ebook_id)
        if stages:
            st.altair_chart(stage_waterfall(stages))
        else:
            st.info("No call was made for this ebook yet.")
    with right:
        areas = Section("By stage, model and attempt", "tree").ask("ebook_tree", ebook_id=ebook_id)
        if areas:
            st.plotly_chart(area_map(areas), config={"displayModeBar": False})
            st.caption("A click on an area goes into it, one on the bar above goes back.")
    tries = Section("Tries for each page", "pages").ask("ebook_pages", ebook_id=ebook_id)
    if tries:
        st.altair_chart(page_grid(tries))
        st.caption("Lighter cost less, darker more; ✕ was wasted. *book* is for the whole book.")
    else:
        st.info("No call of this ebook names a page.")
    if attempts := Section("When it was made", "line").ask("ebook_timeline", ebook_id=ebook_id):
        st.altair_chart(time_line(attempts, zone))


def _show_break_even(book: Row) -> None:
    section = Section("Copies to pay it back", "break-even")
    copies = st.slider("Copies sold", 0, 5000, 100, step=10, key="copies", **KEPT)
    formats = section.ask("ebook_break_even", ebook_id=book["ebook_id"], copies=copies)
    sold = [row for row in formats if row["earned_per_copy_usd"] is not None]
    if not sold:
        st.info(
            "Nothing is known that a copy earns: the list price is missing, which "
            "`recorder.describe_ebook(…, list_price_usd=…)` tells."
        )
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.altair_chart(margin_line(sold, max(copies, 10)))
    with right:
        rows: list[dict[str, Any]] = [
            {name: row[name] for name in BREAK_EVEN_COLUMNS} for row in formats
        ]
        st.dataframe(rows, column_config=BREAK_EVEN_COLUMNS, hide_index=True, placeholder="—")


def _show_attempts(book: Row, zone: str) -> None:
    rows = Section("Attempts", "attempts").ask("ebook_attempts", ebook_id=book["ebook_id"])
    started = st.column_config.DatetimeColumn(
        f"Time, {zone}", format="YYYY-MM-DD HH:mm:ss", timezone=zone
    )
    st.dataframe(
        rows,
        column_config={"started_at": started, **COLUMNS},
        hide_index=True,
        placeholder="unknown",
    )
    newest = f"The newest {count(len(rows))} of " if len(rows) < book["call_count"] else ""
    st.caption(f"{newest}{counted(book['call_count'], 'attempt')}.")


show_ebook()
