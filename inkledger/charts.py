"""Charts of polars frames in the app's colours, which are read on paper and on ink alike.

Blue is what was used, vermilion what was wasted or differs, grey anything else. Each keeps a
contrast of 3.5 on the light ground and on the dark one, and they are 28 apart in CIELAB or more,
also as protan, deutan and tritan eyes see them (Machado 2009). Meaning never hangs on colour alone.
"""

import json
from datetime import date
from typing import Any

import altair as alt
import polars as pl

from ingest.money import format_usd

USED, WASTED, OTHER = "#4878a8", "#c8553d", "#7f7f7f"
_BAR_PX = 26
_LEGEND = alt.Legend(title=None, columns=alt.ExprRef("width < 500 ? 1 : 3"))
_INSIDE = "datum.low <= datum.value && datum.value <= datum.high"


def theme() -> None:
    """Make every chart of the notebook look like the app's."""
    alt.theme.register("inkledger", enable=True)(_theme)


def bars(
    rows: pl.DataFrame,
    value: str,
    name: str,
    title: str,
    *,
    colour: str = USED,
    form: str = "~g",
) -> alt.LayerChart:
    """A bar for each row, in their order, with the exact value in its tooltip."""
    keyed = _keyed(rows, name, [value])
    axis = alt.Axis(tickCount=4, format=form)
    bar = (
        _base(keyed)
        .mark_bar(color=colour)
        .encode(
            x=alt.X("value:Q", title=title, axis=axis),
            y=_names(keyed),
            tooltip=["name:N", "exact:N"],
        )
    )
    return _sized([bar], len(keyed))


def ranges(
    rows: pl.DataFrame,
    value: str,
    low: str,
    high: str,
    name: str,
    title: str,
    *,
    form: str = "~g",
) -> alt.LayerChart:
    """A point for each row between its bounds, in their order.

    A point outside of them is a vermilion diamond, and no blue dot.
    """
    keyed = _keyed(rows, name, [value, low, high])
    names = _names(keyed)
    tips = ["name:N", "exact:N", "between:N"]
    axis = alt.Axis(tickCount=4, format=form)
    between = (
        _base(keyed)
        .mark_rule(color=OTHER, strokeWidth=3)
        .encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q", y=names, tooltip=tips)
    )
    point = (
        _base(keyed)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X("value:Q", title=title),
            y=names,
            tooltip=tips,
            color=alt.condition(_INSIDE, alt.value(USED), alt.value(WASTED)),
            shape=alt.condition(_INSIDE, alt.value("circle"), alt.value("diamond")),
        )
    )
    return _sized([between, point], len(keyed))


def days(
    rows: pl.DataFrame, day: str, parts: dict[str, str], span: tuple[date, date] | None = None
) -> alt.LayerChart:
    """A column for each UTC day, with a part for each of at most three columns of `rows`.

    `parts` is what a part is called in the legend → its column, from the ground up. `span` is from
    which day until which, that one not included; else the days that there are.
    """
    points = [
        {
            "day": row[day].isoformat(),
            "part": part,
            "rank": rank,
            "usd": float(row[column]),
            "exact": format_usd(row[column]),
        }
        for row in rows.iter_rows(named=True)
        for rank, (part, column) in enumerate(parts.items())
        if row[column] is not None
    ]
    scale = alt.Scale(domain=list(parts), range=[USED, WASTED, OTHER][: len(parts)])
    time = alt.Axis(title=None, format="%-d %b %Y", grid=False, tickCount=6, labelOverlap=True)
    columns = (
        _base(points)
        .mark_bar()
        .encode(
            x=alt.X("utcyearmonthdate(day):T", axis=time, scale=_spanning(span)),
            y=alt.Y("usd:Q", title="USD", stack="zero", axis=alt.Axis(tickCount=5)),
            color=alt.Color("part:N", scale=scale, legend=_LEGEND),
            order="rank:Q",
            tooltip=["day:N", "part:N", "exact:N"],
        )
    )
    return alt.LayerChart(layer=[columns], width="container", height=240)


def _spanning(span: tuple[date, date] | None) -> alt.Scale:
    domain = [day.isoformat() for day in span] if span else alt.Undefined
    return alt.Scale(type="utc", domain=domain)


def _theme() -> alt.theme.ThemeConfig:
    quiet = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    config: Any = {
        "background": "transparent",
        "font": "sans-serif",
        "view": {"stroke": "transparent"},
        "axis": {**quiet, "gridOpacity": 0.25, "domainOpacity": 0.4, "ticks": False},
        "legend": {**quiet, "orient": "top"},
        "range": {"category": [USED, WASTED, OTHER]},
        "bar": {"color": USED},
        "line": {"color": USED},
    }
    return {"config": config}


def _keyed(rows: pl.DataFrame, name: str, columns: list[str]) -> list[dict[str, Any]]:
    # Two rows may have one name: a key tells them apart, and only a chart gets floats.
    shown = []
    for number, row in enumerate(rows.iter_rows(named=True)):
        value, *bounds = (row[column] for column in columns)
        point = {"key": number, "name": str(row[name]), "value": float(value)}
        point["exact"] = format_usd(value) if hasattr(value, "as_tuple") else f"{value:.4g}"
        if bounds:
            point |= {"low": float(bounds[0]), "high": float(bounds[1])}
            point["between"] = f"{bounds[0]:.3g} – {bounds[1]:.3g}"
        shown.append(point)
    return shown


def _base(keyed: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=keyed))


def _names(keyed: list[dict[str, Any]]) -> alt.Y:
    names = json.dumps({point["key"]: point["name"] for point in keyed})
    axis = alt.Axis(labelExpr=f"({names})[datum.value]", grid=False, labelLimit=150, domain=False)
    return alt.Y("key:N", title=None, sort=[point["key"] for point in keyed], axis=axis)


def _sized(layers: list[alt.Chart], row_count: int) -> alt.LayerChart:
    height = max(_BAR_PX * row_count, 60)
    return alt.LayerChart(layer=layers, width="container", height=height)
