"""Charts of days: prices as they changed, and each day's difference."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from app.charts import in_line, top_legend
from app.formats import count, day, moment, plain, usd_exact
from app.marks import length
from app.warehouse import Row

STATES = {"balanced": "✓", "rounding only": "≈", "differs": "≠"}
"""What a day of the provider's records is beside the ledger, and its sign."""
# Let so much of the page through that its ink shows on them with AA contrast, on paper and on ink.
_COLOURS = alt.Scale(domain=list(STATES), range=["#4878a8", "#ad9417", "#c8553d"])
_DENSITIES = alt.Scale(domain=list(STATES), range=[0.3, 0.45, 0.65])
_MORE, _LESS = "#8d7712", "#4878a8"


def price_steps(rows: Sequence[Row], meter: str) -> alt.LayerChart:
    """The prices of `price_history.sql`, each from when it was listed until the next."""
    data = in_line(_price_step(row) for row in rows)
    x = alt.X("changed:T", title=None, axis=_days_axis(), scale=alt.Scale(type="utc"))
    y = alt.Y("amount:Q", title=f"USD per million {meter} tokens", scale=alt.Scale(zero=True))
    color = alt.Color("model:N", legend=top_legend(alt.ExprRef("width < 500 ? 1 : 3")))
    tooltip = ["model:N", "price:N", "from:N"]
    lines = (
        alt.Chart(data)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(x=x, y=y, color=color, strokeDash=alt.StrokeDash("model:N", legend=None))
    )
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=60, opacity=1)
        .encode(x=x, y=y, color=color, shape=alt.Shape("model:N", legend=None), tooltip=tooltip)
    )
    return alt.LayerChart(layer=[lines, points], height=300)


def signed_days(rows: Sequence[Row], more: str, less: str) -> alt.LayerChart:
    """`difference_usd` of each `date_utc`: `more` names what is above 0, `less` what is below."""
    bars = (
        alt.Chart(in_line(_signed_day(row, more, less) for row in rows))
        .mark_bar(orient="vertical")
        .encode(
            x=alt.X(
                "started:T", title=None, axis=_days_axis(len(rows)), scale=alt.Scale(type="utc")
            ),
            x2="ended:T",
            y=alt.Y("amount:Q", title="difference, USD", axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "sign:N",
                scale=alt.Scale(domain=[more, less], range=[_MORE, _LESS]),
                legend=top_legend(2),
            ),
            tooltip=["day:N", "sign:N", "difference:N", "of:N", "calls:N"],
        )
    )
    zero = alt.Chart(in_line([{"amount": 0}])).mark_rule().encode(y="amount:Q")
    return alt.LayerChart(layer=[bars, zero], height=260)


def day_calendar(rows: Sequence[Row]) -> alt.LayerChart:
    """A row for each month of `reconciled_days.sql`, a cell for each day, with a sign in it."""
    cells = [_calendar_day(row) for row in rows]
    months = list(dict.fromkeys(cell["month"] for cell in cells))
    data = in_line(cells)
    x = alt.X(
        "day of month:O",
        title=None,
        scale=alt.Scale(domain=list(range(1, 32))),
        axis=alt.Axis(labelAngle=0, labelOverlap=True, domain=False, ticks=False),
    )
    y = alt.Y(
        "month:N", title=None, sort=months, axis=alt.Axis(grid=False, ticks=False, domain=False)
    )
    tooltip = ["day:N", "state:N", "difference:N", "requests:N", "ledger:N", "provider:N"]
    squares = (
        alt.Chart(data)
        .mark_rect(stroke="#8888", strokeWidth=0.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color("state:N", scale=_COLOURS, legend=top_legend(3)),
            fillOpacity=alt.FillOpacity("state:N", scale=_DENSITIES, legend=None),
            tooltip=tooltip,
        )
    )
    signs = (
        alt.Chart(data)
        .mark_text(fontSize=11, fontWeight="bold")
        .encode(x=x, y=y, text="sign:N", tooltip=tooltip)
    )
    return alt.LayerChart(layer=[squares, signs], height=24 * len(months) + 90)


def _days_axis(day_count: int = 0) -> alt.Axis:
    """For so many days, if they are known: a few are named one by one."""
    ticks: Any = "day" if 0 < day_count < 10 else 6
    return alt.Axis(format="%-d %b %Y", grid=False, tickCount=ticks, labelOverlap=True)


def _price_step(row: Row) -> dict[str, Any]:
    """One change of a price of `price_history.sql`."""
    price = row["usd_per_million_tokens"]
    return {
        "changed": row["changed_at"].isoformat(),
        "from": moment(row["changed_at"]),
        "model": row["model"],
        "amount": length(price),
        "price": "not listed" if price is None else f"{plain(price)} USD per million tokens",
    }


def _signed_day(row: Row, more: str, less: str) -> dict[str, Any]:
    """One `date_utc` with its `difference_usd`: `more` above 0, `less` below it."""
    return {
        "started": f"{row['date_utc'].isoformat()}T00:00:00Z",
        "ended": f"{row['date_utc'].isoformat()}T22:00:00Z",
        "day": day(row["date_utc"]),
        "sign": less if row["difference_usd"] < 0 else more,
        "amount": length(row["difference_usd"]),
        "difference": usd_exact(row["difference_usd"]),
        "of": usd_exact(row["listed_cost_usd"]),
        "calls": count(row["call_count"]),
    }


def _calendar_day(row: Row) -> dict[str, Any]:
    """One UTC day of `reconciled_days.sql`."""
    of = row["date_utc"]
    return {
        "key": of.isoformat(),
        "day": day(of),
        "day of month": of.day,
        "month": f"{of:%b %Y}",
        "state": row["state"],
        "sign": STATES[row["state"]],
        "difference": usd_exact(row["difference_usd"]),
        "requests": f"{row['missing_requests']:+,}" if row["missing_requests"] else "as many",
        "ledger": usd_exact(row["ledger_usd"]),
        "provider": usd_exact(row["provider_usd"]),
    }
