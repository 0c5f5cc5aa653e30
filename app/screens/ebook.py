"""Ebook: one book by stage, page and attempt."""

import streamlit as st

from app.charts import page_blocks
from app.downloads import to_csv
from app.formats import count, counted, moment, usd, usd_exact, usd_prose
from app.ledger import ask
from app.sections import heading, show_parts
from app.tiles import Tile, cost_per_page_tile, show_tiles, waste_tile
from app.warehouse import Row

COLUMNS = {
    "started_at": st.column_config.DatetimeColumn(
        "Time, UTC", format="YYYY-MM-DD HH:mm:ss", timezone="UTC"
    ),
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
    "generation_id": st.column_config.TextColumn("Generation"),
}


def show_ebook() -> None:
    books = {row["ebook_id"]: row["book"] for row in ask("book_choices")}
    asked = st.query_params.get("ebook_id", next(iter(books)))
    if asked not in books:
        _say_unknown()
        return
    _switch_between(books, asked)
    book = ask("ebook", ebook_id=asked)[0]
    st.caption(_describe(book))
    show_tiles("book", _tiles(book))
    left, right = st.columns(2, gap="medium")
    with left:
        show_parts("What it went into", ["stage", "model"], asked)
    with right:
        _show_pages(asked)
    _show_attempts(book)


def _say_unknown() -> None:
    st.title("No such ebook", anchor=False)
    st.markdown("The ledger knows no ebook by the id in this address. **Costs** lists all.")
    st.page_link("screens/costs.py", label="All ebooks", icon=":material/arrow_back:")


def _switch_between(books: dict[str, str], asked: str) -> None:
    title, choice = st.columns([2, 1], vertical_alignment="bottom")
    title.title(books[asked], anchor=False)
    ids = list(books)
    chosen = choice.selectbox(
        "Another ebook",
        ids,
        ids.index(asked),
        format_func=books.__getitem__,
        label_visibility="collapsed",
    )
    if chosen != asked:
        st.query_params["ebook_id"] = chosen
        st.rerun()


def _describe(book: Row) -> str:
    said = [book["kind_name"], book["series"], book["ebook_id"]]
    if book["last_call_at"]:
        said.append(f"last call {moment(book['last_call_at'])}")
    return " · ".join(word for word in said if word)


def _tiles(book: Row) -> list[Tile]:
    unknown = book["unpriced_count"] + book["in_doubt_count"]
    return [
        Tile("Cost", usd(book["cost_usd"]), usd_exact(book["cost_usd"]), "Of all its calls."),
        Tile(
            "Pages",
            "—" if book["page_count"] is None else count(book["page_count"]),
            "no page is known"
            if book["page_count"] is None
            else f"{count(book['accepted_page_count'])} accepted",
            "As described, else as many as calls were made for.",
        ),
        *_shared_tiles(book),
        cost_per_page_tile(book["cost_per_page_usd"]),
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


def _shared_tiles(book: Row) -> list[Tile]:
    """Nothing for an ebook that shares no call."""
    if not book["shared_cost_usd"]:
        return []
    meaning = (
        f"Exactly {usd_exact(book['shared_cost_usd'])}: its part of calls for several ebooks or "
        "for its series, not in the cost. Of calls for no one ebook, what ebooks bear is taken off."
    )
    remark = f"{usd_prose(book['full_cost_usd'])} with the cost"
    return [Tile("Shared", usd(book["shared_cost_usd"]), remark, meaning)]


def _show_pages(ebook_id: str) -> None:
    heading("By page", "ebook_pages")
    blocks = ask("ebook_pages", ebook_id=ebook_id)
    if blocks:
        st.altair_chart(page_blocks(blocks))
        st.caption("A block is one call, wasted tries on top; *book* is work for the whole book.")
    else:
        st.info("No call of this ebook names a page.")


def _show_attempts(book: Row) -> None:
    heading("Attempts", "ebook_attempts")
    rows = ask("ebook_attempts", ebook_id=book["ebook_id"])
    st.dataframe(rows, column_config=COLUMNS, hide_index=True, placeholder="unknown")
    with st.container(horizontal=True, vertical_alignment="center"):
        newest = f"The newest {count(len(rows))} of " if len(rows) < book["call_count"] else ""
        st.caption(f"{newest}{counted(book['call_count'], 'attempt')}.")
        name = f"{book['ebook_id']}-attempts.csv"
        st.download_button("Download CSV", to_csv(rows), name, "text/csv", on_click="ignore")


show_ebook()
