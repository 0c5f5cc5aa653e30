"""The charts, in Altair, of rows that the marts have summed."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from app.formats import words
from app.marks import block, column, end, fates
from app.warehouse import Row

PICKED = "picked"
"""The selection that a click on a bar makes; its points have the bar's `key`."""
_TIMES = {
    "second": "%H:%M:%S",
    "minute": "%H:%M",
    "hour": "%-d %b %H:00",
    "day": "%-d %b",
    "week": "%-d %b",
    "month": "%b %Y",
}
"""Grain → how an axis writes its beginning."""
# Of one lightness, so that both show on paper and on ink, and apart for every colour vision.
_FATES = alt.Scale(domain=["used", "wasted"], range=["#4878a8", "#c8553d"])
_BAR_PX = 28
_END_PX = 52


def spend_over_time(rows: Sequence[Row], grain: str, currency: str) -> alt.Chart:
    """Stacked columns of `spend_over_time.sql`, one per `grain`."""
    parts = {row["part_rank"]: words(row["part"]) for row in rows}
    domain = [parts[rank] for rank in sorted(parts)]
    axis = alt.Axis(title=None, format=_TIMES[grain], grid=False, tickCount=8, labelOverlap=True)
    columns: alt.Chart = (
        alt.Chart(_data(column(row) for row in rows), height=320)
        .mark_bar(orient="vertical")
        .encode(
            x=alt.X("started:T", axis=axis, scale=alt.Scale(type="utc")),
            x2="ended:T",
            y=alt.Y("amount:Q", title=f"{currency} per {grain}", stack="zero"),
            color=alt.Color("part:N", scale=alt.Scale(domain=domain), legend=_top_legend()),
            order="part_rank:Q",
            tooltip=["part:N", "from:N", "cost:N", "calls:N"],
        )
    )
    return columns


def used_and_wasted(
    rows: Sequence[Row], key: str, name: str, currency: str = "USD"
) -> alt.LayerChart:
    """A bar for each row, in their order: what was used, and after it what was wasted.

    `name` is the column that labels a bar, `key` the one that tells bars apart.
    """
    keys = [row[key] for row in rows]
    names = {row[key]: words(row[name]) for row in rows}
    y = alt.Y("key:N", title=None, sort=keys, axis=_named_axis(names))
    # Beyond the longest bar there is room for what is written at its end.
    x = alt.X("amount:Q", axis=None, scale=alt.Scale(range=[0, alt.ExprRef(f"width - {_END_PX}")]))
    bars = (
        alt.Chart(_data(bar for row in rows for bar in fates(row, key, name)))
        .mark_bar()
        .encode(
            x=x,
            y=y,
            color=alt.Color("fate:N", scale=_FATES, legend=_top_legend()),
            order="fate_rank:Q",
            tooltip=["name:N", "fate:N", "cost:N", "calls:N"],
        )
    )
    ends = (
        alt.Chart(_data(end(row, key, currency) for row in rows))
        .mark_text(align="left", dx=6)
        .encode(x=x, y=y, text="cost:N")
    )
    return alt.LayerChart(layer=[bars, ends], height=max(_BAR_PX * len(rows) + 30, 100))


def pickable(chart: alt.LayerChart) -> alt.LayerChart:
    """The same chart, whose bars can be clicked: `PICKED` then has the bar's `key`."""
    picked = alt.selection_point(name=PICKED, fields=["key"])
    clickable: alt.LayerChart = chart.add_params(picked).configure_bar(cursor="pointer")
    return clickable


def page_blocks(rows: Sequence[Row], currency: str) -> alt.Chart:
    """A column for each page of `ebook_pages.sql`, and in it a block for each call."""
    pages = list(dict.fromkeys(row["page"] for row in rows))
    blocks: alt.Chart = (
        alt.Chart(_data(block(row) for row in rows), height=270)
        .mark_bar(stroke="#14181f", strokeWidth=0.8, strokeOpacity=0.5)
        .encode(
            x=alt.X("page:N", title="page", sort=pages, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("amount:Q", title=currency, stack="zero"),
            color=alt.Color("fate:N", scale=_FATES, legend=_top_legend()),
            order="block_rank:Q",
            tooltip=["page:N", "stage:N", "outcome:N", "calls:N", "cost:N"],
        )
    )
    return blocks


def _data(rows: Iterable[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def _named_axis(names: dict[str, str]) -> alt.Axis:
    # Bars are told apart by key, for two ebooks may have one title.
    label = f"({json.dumps(names)})[datum.value]"
    return alt.Axis(labelExpr=label, grid=False, ticks=False, domain=False, labelLimit=170)


def _top_legend() -> alt.Legend:
    return alt.Legend(
        orient="top",
        title=None,
        columns=alt.ExprRef("width < 500 ? 2 : 4"),
        labelLimit=230,
        offset=8,
        symbolStrokeWidth=0,
    )
