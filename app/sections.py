"""Sections: a heading with the SQL and the data behind its numbers, and charts of several pages."""

import re
from collections.abc import Callable
from typing import Any

import altair as alt
import streamlit as st

from app.charts import PICKED, pickable, used_and_wasted
from app.downloads import to_csv, to_parquet, to_sql
from app.ledger import ask, sql_of
from app.view import KEPT, View
from app.warehouse import Row

_ROW_PX = 35


class Section:
    """A heading, room for controls beside it, and the source of what is shown below it."""

    def __init__(self, title: str, name: str) -> None:
        self._name = name
        with st.container(horizontal=True, vertical_alignment="center", key=f"heading-{name}"):
            st.subheader(title, anchor=False)
            self.controls = st.container(horizontal=True, width="content", key=f"controls-{name}")
            self._source = st.container(horizontal=True, width="content")

    def ask(self, question: str, **parameters: Any) -> list[Row]:
        """The rows that answer a question, which whoever looks can read, copy and take along."""
        with self._source.popover("SQL", type="tertiary", help="The question and its data"):
            with st.container(horizontal=True):
                offer_downloads(question, self._name, **parameters)
            st.code(asked_sql(question, parameters), language="sql", wrap_lines=True)
        return ask(question, **parameters)

    def choose(self, label: str, options: list[str], key: str, default: str | None = None) -> str:
        """One of a few; `default`, or else the first, until somebody chooses."""
        with self.controls:
            chosen = st.segmented_control(
                label,
                options,
                default=default or options[0],
                required=True,
                key=key,
                label_visibility="collapsed",
                **KEPT,
            )
        return str(chosen)


def offer_downloads(question: str, key: str, **parameters: Any) -> None:
    """Buttons for the rows that answer a question; they are asked for when one is pressed."""
    for name, ending, write in (("CSV", "csv", to_csv), ("Parquet", "parquet", to_parquet)):

        def written(write: Callable[[list[Row]], str | bytes] = write) -> str | bytes:
            return write(ask(question, **parameters))

        st.download_button(
            name,
            written,
            f"{question}.{ending}",
            on_click="ignore",
            icon=":material/download:",
            key=f"{key}-{question}-{ending}",
        )


def asked_sql(question: str, parameters: dict[str, Any]) -> str:
    """The question with the values that it was asked with: it runs on Explore as it stands."""
    return re.sub(
        r"\$([a-z_]+)",
        lambda found: to_sql(parameters[found[1]]) if found[1] in parameters else found[0],
        sql_of(question),
    )


def show_parts(title: str, splits: list[str], view: View, ebook_id: str = "") -> None:
    """What each stage or model cost, of one ebook or of all."""
    section = Section(title, "parts")
    split = section.choose("Split by", splits, "parts")
    parts = section.ask("spend_by_part", view=view.as_parameter(), ebook_id=ebook_id, split=split)
    if parts:
        st.altair_chart(used_and_wasted(parts, "part", "part", view.currency))
    else:
        st.info("No call was made for this ebook yet." if ebook_id else "Nothing was spent.")


def show_ebooks_chart(chart: alt.LayerChart, key: str) -> None:
    """A chart of ebooks; a click on a bar opens that ebook's page."""
    event: Any = st.altair_chart(pickable(chart), on_select="rerun", selection_mode=PICKED, key=key)
    if points := event["selection"].get(PICKED):
        open_ebook(points[0]["key"])


def open_ebook(ebook_id: str) -> None:
    """Leave for the page of one ebook."""
    st.switch_page("screens/ebook.py", query_params={"ebook_id": ebook_id})


def show_table(rows: list[Row], columns: dict[str, Any], most_whole: int = 12) -> None:
    """The columns named: of so many rows all at once, of more within a frame as high."""
    told: list[dict[str, Any]] = [{name: row[name] for name in columns} for row in rows]
    st.dataframe(
        told,
        column_config=columns,
        hide_index=True,
        placeholder="—",
        height="content" if len(rows) <= most_whole else _ROW_PX * most_whole + 20,
    )
