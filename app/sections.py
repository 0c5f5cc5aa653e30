"""Sections: a heading with the SQL behind its numbers, and the charts that several pages show."""

from typing import Any

import altair as alt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.charts import PICKED, pickable, used_and_wasted
from app.ledger import ask, sql_of


def heading(title: str, question: str) -> DeltaGenerator:
    """A section's title, the SQL that its numbers answer, and room for controls between."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"heading-{question}"):
        st.subheader(title, anchor=False)
        controls = st.container(horizontal=True, width="content", key=f"controls-{question}")
        with st.popover("SQL", type="tertiary", help="The question that these numbers answer"):
            st.code(sql_of(question), language="sql")
    return controls


def choose(label: str, options: list[str], key: str, default: str | None = None) -> str:
    """One of a few; `default`, or else the first, until somebody chooses."""
    chosen = st.segmented_control(
        label,
        options,
        default=default or options[0],
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    return str(chosen)


def show_parts(title: str, splits: list[str], ebook_id: str = "") -> None:
    """What each stage or model cost, of one ebook or of all."""
    with heading(title, "spend_by_part"):
        split = choose("Split by", splits, "parts-split")
    parts = ask("spend_by_part", ebook_id=ebook_id, split=split)
    if parts:
        st.altair_chart(used_and_wasted(parts, "part", "part"))
    else:
        st.info("No call was made for this ebook yet.")


def show_ebooks_chart(chart: alt.LayerChart, key: str) -> None:
    """A chart of ebooks; a click on a bar opens that ebook's page."""
    event: Any = st.altair_chart(pickable(chart), on_select="rerun", selection_mode=PICKED, key=key)
    if points := event["selection"].get(PICKED):
        open_ebook(points[0]["key"])


def open_ebook(ebook_id: str) -> None:
    """Leave for the page of one ebook."""
    st.switch_page("screens/ebook.py", query_params={"ebook_id": ebook_id})
