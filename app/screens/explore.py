"""Explore: questions of one's own to the marts, as tables and charts."""

import os
from pathlib import Path
from typing import cast

import streamlit as st

from app.charts import Mark, free_chart
from app.downloads import to_csv, to_parquet, to_table
from app.formats import count, counted, literal
from app.home import published_warehouse
from app.ledger import ask, explore
from app.view import KEPT, View, chosen_view
from app.warehouse import Answer, QuestionFailed, Row

MOST_ROWS = 10_000
MOST_SECONDS = 20
MOST_BYTES = 20_000_000
"""What a browser is given to show."""
FIRST = """select
    canonical_model,
    sum(cost_usd) as cost_usd,
    sum(call_count) as calls
from spent($view)
group by canonical_model
order by cost_usd desc"""
MARKS = ["table only", "bar", "line", "area", "point"]


def show_explore() -> None:
    st.title("Explore", anchor=False)
    view = chosen_view()
    left, right = st.columns([2, 1], gap="medium")
    with right:
        _show_tables()
    with left:
        text = _choose_question()
        if text and (answer := _answer(text, view)):
            _show(answer)


def _choose_question() -> str:
    saved = _saved_questions()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Begin with", list(saved), index=None, key="saved", placeholder="A saved question",
            label_visibility="collapsed",
            help="Files that end in .sql, in the folder `questions` beside the warehouse.",
        )  # fmt: skip
    if chosen and chosen != st.session_state.get("begun_with"):
        try:
            st.session_state["sql"] = saved[chosen].read_text("utf-8", "replace")
        except OSError as error:
            st.error(
                literal(f"{chosen} cannot be read: {error.strerror}."), icon=":material/error:"
            )
    st.session_state["begun_with"] = chosen
    text = str(st.text_area("One `select`", FIRST, height=220, key="sql", max_chars=20_000, **KEPT))
    with st.container(horizontal=True):
        if st.button("Run", shortcut="Ctrl+Enter", icon=":material/play_arrow:"):
            st.session_state["asked"] = text
        if st.button("Stop", icon=":material/stop:", help="Give up what is being answered"):
            st.session_state["asked"] = None
        st.download_button(
            "Save", text, "question.sql", "application/sql", on_click="ignore",
            icon=":material/download:", help="As a file for the folder `questions`",
        )  # fmt: skip
    asked: str | None = st.session_state.get("asked")
    return asked or ""


def _saved_questions() -> dict[str, Path]:
    """Name → file, of the folder `questions` beside the warehouse."""
    own = sorted((published_warehouse().parent / "questions").glob("*.sql"))
    return {_as_text(path.stem): path for path in own if path.is_file()}


def _as_text(name: str) -> str:
    """A file's name as it can be shown, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def _answer(text: str, view: View) -> Answer | None:
    """Ask, and show how far it is; whoever does anything else on the page gives it up."""
    bar = st.empty()
    try:
        question = explore(
            text, {"view": view.as_parameter()}, most_rows=MOST_ROWS, most_seconds=MOST_SECONDS
        )
        try:
            while not question.wait(0.1):
                bar.progress(min(question.progress, 1.0), "Asking …")
        finally:
            question.give_up()
        answer = question.answer()
    except QuestionFailed as failed:
        bar.error(literal(str(failed)), icon=":material/error:")
        return None
    bar.empty()
    return answer


def _show(answer: Answer) -> None:
    rows = answer.rows
    found = counted(len(rows), "row")
    cut = f"The first {found}" if answer.is_cut else found
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{cut}, in {answer.seconds:.2f} s.")
        if rows:
            st.download_button("CSV", lambda: to_csv(rows), "answer.csv", on_click="ignore")
            st.download_button(
                "Parquet", lambda: to_parquet(rows), "answer.parquet", on_click="ignore"
            )
    if not rows:
        return
    table = to_table(rows)
    if table.nbytes > MOST_BYTES:
        st.warning(
            f"That is too much to show, {count(table.nbytes // 10**6)} MB: ask for fewer rows or "
            "columns, or download it.",
            icon=":material/error:",
        )
        return
    _show_chart(rows)
    st.dataframe(table, hide_index=True, placeholder="—")


def _show_chart(rows: list[Row]) -> None:
    columns = list(rows[0])
    with st.container(horizontal=True, key="builder"):
        mark = st.selectbox("Chart", MARKS, key="mark", **KEPT)
        if mark == MARKS[0]:
            return
        x = st.selectbox("Along", columns, key="x")
        y = st.selectbox("Up", columns, min(1, len(columns) - 1), key="y")
        colour = st.selectbox("Colour", ["—", *columns], key="colour")
    st.altair_chart(
        free_chart(rows, cast("Mark", mark), str(x), str(y), None if colour == "—" else colour)
    )


def _show_tables() -> None:
    """Every mart with its columns, as dbt describes them."""
    marts: dict[str, list[Row]] = {}
    for row in ask("tables"):
        marts.setdefault(row["mart"], []).append(row)
    mart = st.selectbox(
        "Table", list(marts), list(marts).index("fct_ebook_costs"), key="table", **KEPT
    )
    itself, *columns = marts[str(mart)]
    st.caption(itself["description"])
    st.dataframe(
        columns,
        column_config={
            "mart": None,
            "column_number": None,
            "column_name": st.column_config.TextColumn("Column"),
            "data_type": st.column_config.TextColumn("Type"),
            "description": st.column_config.TextColumn("What it is", width="large"),
        },
        hide_index=True,
        height=420,
    )


show_explore()
