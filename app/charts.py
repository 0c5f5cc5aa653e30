"""The charts, in Altair, of rows that the marts have summed."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Literal

import altair as alt
import plotly.graph_objects as go
from altair.utils import schemapi

from app.formats import words
from app.marks import (
    block,
    branches,
    cell,
    column,
    end,
    fates,
    is_instant,
    lasting,
    margins,
    steps,
    tested,
)
from app.warehouse import Row

# Each part of a chart would be held against a schema, and the whole then once more.
schemapi.disable_debug_mode()

Mark = Literal["bar", "line", "area", "point"]
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
_RESULTS = ["held", "missed"]
_BAR_PX = 28
_MOST_NAMED = 8
"""So many columns of a time line are named one by one."""
_FRAME_PX = 110
"""What legend and axis take of a chart's height."""
# For areas with words on them, on paper and on ink.
_AREAS = ["#4878a8", "#8d7712", "#558371", "#8c63a5", "#3f7ea6", "#8a6a4c", "#6f7377"]
_END_PX = 52


def spend_over_time(rows: Sequence[Row], grain: str, currency: str) -> alt.Chart:
    """Stacked columns of `spend_over_time.sql`, one per `grain`."""
    parts = {row["part_rank"]: words(row["part"]) for row in rows}
    domain = [parts[rank] for rank in sorted(parts)]
    marks = [column(row) for row in rows]
    starts = sorted({mark["started"] for mark in marks})
    axis = alt.Axis(
        title=None,
        format=_TIMES[grain],
        grid=False,
        labelOverlap=True,
        tickCount=_MOST_NAMED,
        # Few columns are each named where they begin; Vega's own ticks would name one twice.
        values=starts if len(starts) <= _MOST_NAMED else alt.Undefined,
    )
    columns: alt.Chart = (
        alt.Chart(in_line(marks), height=320)
        .mark_bar(orient="vertical")
        .encode(
            x=alt.X("started:T", axis=axis, scale=alt.Scale(type="utc")),
            x2="ended:T",
            y=alt.Y("amount:Q", title=f"{currency} per {grain}", stack="zero"),
            color=alt.Color("part:N", scale=alt.Scale(domain=domain), legend=top_legend()),
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
        alt.Chart(in_line(bar for row in rows for bar in fates(row, key, name)))
        .mark_bar()
        .encode(
            x=x,
            y=y,
            color=alt.Color("fate:N", scale=_FATES, legend=top_legend()),
            order="fate_rank:Q",
            tooltip=["name:N", "fate:N", "cost:N", "calls:N"],
        )
    )
    ends = (
        alt.Chart(in_line(end(row, key, currency) for row in rows))
        .mark_text(align="left", dx=6)
        .encode(x=x, y=y, text="cost:N")
    )
    return alt.LayerChart(layer=[bars, ends], height=max(_BAR_PX * len(rows) + 50, 100))


def pickable(chart: alt.LayerChart) -> alt.LayerChart:
    """The same chart, whose bars can be clicked: `PICKED` then has the bar's `key`."""
    picked = alt.selection_point(name=PICKED, fields=["key"])
    clickable: alt.LayerChart = chart.add_params(picked).configure_bar(cursor="pointer")
    return clickable


def stage_waterfall(rows: Sequence[Row]) -> alt.LayerChart:
    """Each stage of `ebook_stages.sql` from where the one before it ended; USD."""
    stages = [words(row["stage"]) for row in rows]
    y = alt.Y("stage:N", title=None, sort=stages, axis=_plain_axis())
    data = in_line(step for row in rows for step in steps(row))
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X(
                "starts:Q", title="USD", scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=6)
            ),
            x2="ends:Q",
            y=y,
            color=alt.Color("fate:N", scale=_FATES, legend=top_legend()),
            tooltip=["stage:N", "fate:N", "cost:N", "calls:N"],
        )
    )
    return alt.LayerChart(layer=[bars], height=_BAR_PX * len(rows) + _FRAME_PX)


def page_grid(rows: Sequence[Row]) -> alt.LayerChart:
    """A column for each page of `ebook_pages.sql`, a cell for each try; a wasted one is crossed."""
    pages = list(dict.fromkeys(row["page"] for row in rows))
    data = in_line(block(row) for row in rows)
    x = alt.X("page:N", title="page", sort=pages, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y(
        "block_rank:O", title="try", sort="descending", axis=alt.Axis(domain=False, ticks=False)
    )
    tooltip = ["page:N", "stage:N", "outcome:N", "calls:N", "cost:N", "page cost:N"]
    cells = (
        alt.Chart(data)
        .mark_rect(stroke="#8888", strokeWidth=0.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "amount:Q",
                scale=alt.Scale(range=["#dbe7f1", "#114068"]),
                legend=alt.Legend(title="USD", orient="top", gradientLength=160),
            ),
            tooltip=tooltip,
        )
    )
    crosses = (
        alt.Chart(data)
        .transform_filter("datum.fate === 'wasted'")
        .mark_text(text="✕", fontSize=13, fontWeight="bold", color="#c8553d")
        .encode(x=x, y=y, tooltip=tooltip)
    )
    most_tries = max(row["block_rank"] for row in rows)
    return alt.LayerChart(layer=[cells, crosses], height=min(22 * most_tries, 360) + _FRAME_PX)


def time_line(rows: Sequence[Row], zone: str) -> alt.Chart:
    """Each attempt of `ebook_timeline.sql` from its start to its end, on the clocks of the zone."""
    lasted = max(row["ended_at"] for row in rows) - rows[0]["started_at"]
    form = "%H:%M:%S" if lasted < timedelta(hours=1) else "%-d %b %H:%M"
    axis = alt.Axis(format=form, tickCount=6, labelOverlap=True)
    stages = len({row["stage"] for row in rows})
    bars: alt.Chart = (
        alt.Chart(in_line(lasting(row, zone) for row in rows), height=_BAR_PX * stages + _FRAME_PX)
        .mark_bar(orient="horizontal", strokeWidth=1)
        .encode(
            x=alt.X("started:T", title=None, axis=axis, scale=alt.Scale(type="utc")),
            x2="ended:T",
            y=alt.Y("stage:N", title=None, sort=None, axis=_plain_axis()),
            color=alt.Color("fate:N", scale=_FATES, legend=top_legend()),
            stroke=alt.Color("fate:N", scale=_FATES, legend=None),
            opacity=alt.value(0.75),
            tooltip=["stage:N", "page:N", "model:N", "outcome:N", "from:N", "lasted:N", "cost:N"],
        )
    )
    return bars


def area_map(rows: Sequence[Row]) -> go.Figure:
    """Areas by cost, `ebook_tree.sql`: stage, in it model, in it attempt. A click goes into one."""
    nodes = list(branches(rows))
    figure = go.Figure(
        go.Treemap(
            ids=[node["id"] for node in nodes],
            parents=[node["parent"] for node in nodes],
            labels=[node["label"] for node in nodes],
            values=[node["amount"] for node in nodes],
            customdata=[node["cost"] for node in nodes],
            hovertemplate="%{label}<br>%{customdata}<extra></extra>",
            branchvalues="total",
            maxdepth=3,
            marker={"cornerradius": 3},
        )
    )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 24, "b": 0}, height=320, treemapcolorway=_AREAS
    )
    return figure


def margin_line(rows: Sequence[Row], most_copies: int) -> alt.LayerChart:
    """What is left of each format of `ebook_break_even.sql` after so many copies; USD."""
    data = in_line(
        point for row in rows if row["earned_per_copy_usd"] is not None
        for point in margins(row, most_copies)
    )  # fmt: skip
    legend = top_legend(alt.ExprRef("width < 350 ? 1 : 2"), stroke_width=2)
    lines = (
        alt.Chart(data)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("copies:Q", title="copies sold", axis=alt.Axis(tickCount=6, format=",d")),
            y=alt.Y("amount:Q", title="margin, USD"),
            color=alt.Color("format:N", legend=legend),
            strokeDash=alt.StrokeDash("format:N", legend=legend),
        )
    )
    zero = alt.Chart(in_line([{"amount": 0}])).mark_rule(strokeDash=[4, 3]).encode(y="amount:Q")
    return alt.LayerChart(layer=[zero, lines], height=320)


def held_intervals(rows: Sequence[Row]) -> alt.LayerChart:
    """The interval of each ebook of `backtest.sql`, and what it cost: within it, or a cross."""
    data = in_line(tested(row) for row in reversed(rows))
    x = alt.X("place:O", title=None, axis=alt.Axis(labels=False, ticks=False, grid=False))
    tooltip = ["book:N", "begun:N", "cost:N", "estimate:N", "result:N"]
    bounds = (
        alt.Chart(data)
        .mark_bar(color="#8aa9c4", opacity=0.6)
        .encode(x=x, y=alt.Y("low:Q", title="USD"), y2="high:Q", tooltip=tooltip)
    )
    actual = (
        alt.Chart(data)
        .mark_point(filled=True, size=55, opacity=1)
        .encode(
            x=x,
            y="actual:Q",
            shape=alt.Shape(
                "result:N",
                scale=alt.Scale(domain=_RESULTS, range=["circle", "cross"]),
                legend=top_legend(),
            ),
            color=alt.Color(
                "result:N",
                scale=alt.Scale(domain=_RESULTS, range=["#4878a8", "#c8553d"]),
                legend=top_legend(),
            ),
            tooltip=tooltip,
        )
    )
    return alt.LayerChart(layer=[bounds, actual], height=300)


def free_chart(rows: Sequence[Row], mark: Mark, x: str, y: str, colour: str | None) -> alt.Chart:
    """Somebody's own chart of somebody's own columns."""
    values = [
        {"x": cell(row[x]), "y": cell(row[y]), "c": cell(row[colour]) if colour else None}
        for row in rows
    ]
    kinds = {name: _kind(value[name] for value in values) for name in ("x", "y", "c")}
    chart = alt.Chart(in_line(values), mark=mark, height=340).encode(
        x=alt.X(f"x:{kinds['x']}", title=x, sort=None),
        y=alt.Y(f"y:{kinds['y']}", title=y, sort=None),
        tooltip=[alt.Tooltip(f"x:{kinds['x']}", title=x), alt.Tooltip(f"y:{kinds['y']}", title=y)],
    )
    if colour:
        chart = chart.encode(color=alt.Color(f"c:{kinds['c']}", title=colour))
    return chart


def _kind(values: Iterable[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        return "Q"
    return "T" if known and all(is_instant(value) for value in known) else "N"


def in_line(rows: Iterable[dict[str, Any]]) -> alt.InlineData:
    """The marks of a chart, as its own data."""
    return alt.InlineData(values=list(rows))


def _named_axis(names: dict[str, str]) -> alt.Axis:
    # Bars are told apart by key, for two ebooks may have one title.
    label = f"({json.dumps(names)})[datum.value]"
    return alt.Axis(labelExpr=label, grid=False, ticks=False, domain=False, labelLimit=170)


def _plain_axis() -> alt.Axis:
    return alt.Axis(grid=False, ticks=False, domain=False, labelLimit=170)


def top_legend(columns: int | alt.ExprRef | None = None, stroke_width: int = 0) -> alt.Legend:
    """A legend above the chart, in so many columns or as many as fit; lines need a stroke."""
    return alt.Legend(
        orient="top",
        title=None,
        columns=columns or alt.ExprRef("width < 500 ? 2 : 4"),
        labelLimit=230,
        offset=8,
        symbolStrokeWidth=stroke_width,
    )
