"""What a chart draws for a row: the data of its marks.

Money becomes a float only here, and only as the length of a bar; the text beside it is exact.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from app.formats import count, local_moment, moment, money, usd_exact, words
from app.warehouse import Row


def column(row: Row) -> dict[str, Any]:
    """One part of one column of `spend_over_time.sql`, on the calendar of the time zone."""
    started, ended = row["bucket_started_at"], row["bucket_ended_at"]
    return {
        # Vega is told UTC, so that no browser's own zone moves a column.
        "started": f"{started.isoformat()}Z",
        "ended": f"{(ended - (ended - started) / 12).isoformat()}Z",
        "from": local_moment(started),
        "part": words(row["part"]),
        "part_rank": row["part_rank"],
        "amount": length(row["cost"]),
        "cost": usd_exact(row["cost_usd"]),
        "calls": count(row["call_count"]),
    }


def fates(row: Row, key: str, name: str) -> list[dict[str, Any]]:
    """The used and the wasted part of one bar; `key` and `name` are columns of the row."""
    return [
        {
            "key": row[key],
            "name": words(row[name]),
            "fate": fate,
            "fate_rank": fate_rank,
            "amount": length(row[f"{fate}_cost"]),
            "cost": usd_exact(row[f"{fate}_cost_usd"]),
            "calls": count(row["call_count"]),
        }
        for fate_rank, fate in enumerate(("used", "wasted"))
    ]


def end(row: Row, key: str, currency: str) -> dict[str, Any]:
    """What is written at the end of a bar."""
    cost = money(row["cost"], currency)
    return {"key": row[key], "amount": length(row["cost"]) or 0, "cost": cost}


def length(amount: Decimal | None) -> float | None:
    """How long a mark is; none where the amount is unknown."""
    return None if amount is None else float(amount)


def steps(row: Row) -> Iterator[dict[str, Any]]:
    """The used and the wasted part of one step of `ebook_stages.sql`."""
    middle = row["starts_at_usd"] + row["used_cost_usd"]
    for fate, starts, ends in (
        ("used", row["starts_at_usd"], middle),
        ("wasted", middle, row["ends_at_usd"]),
    ):
        yield {
            "stage": words(row["stage"]),
            "fate": fate,
            "starts": float(starts),
            "ends": float(ends),
            "cost": usd_exact(row[f"{fate}_cost_usd"]),
            "calls": count(row["call_count"]),
        }


def block(row: Row) -> dict[str, Any]:
    """One try, or one stage of the whole book, of `ebook_pages.sql`."""
    return {
        "page": row["page"],
        "stage": words(row["stage"]),
        "fate": _fate(row),
        "outcome": row["what_became"],
        "calls": count(row["call_count"]),
        "block_rank": row["block_rank"],
        "amount": length(row["cost_usd"]),
        "cost": usd_exact(row["cost_usd"]),
        "page cost": usd_exact(row["page_cost_usd"]),
    }


def lasting(row: Row, zone: str) -> dict[str, Any]:
    """One attempt of `ebook_timeline.sql`, from start to end."""
    started, ended = (row[name].astimezone(ZoneInfo(zone)) for name in ("started_at", "ended_at"))
    return {
        "started": f"{started.replace(tzinfo=None).isoformat()}Z",
        "ended": f"{ended.replace(tzinfo=None).isoformat()}Z",
        "from": moment(row["started_at"], zone),
        "lasted": f"{(ended - started).total_seconds():,.1f} s",
        "stage": words(row["stage"]),
        "page": row["page"],
        "model": row["model"],
        "fate": _fate(row),
        "outcome": row["what_became"],
        "cost": usd_exact(row["cost_usd"]),
    }


def branches(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The areas of `ebook_tree.sql`: each stage, each model in it and each attempt of that."""
    for row in rows:
        path = [row["stage"], row["model"], row["attempt"]][: row["depth"]]
        yield {
            "id": "/".join(path),
            "parent": "/".join(path[:-1]),
            "label": escape(words(path[-1]) if len(path) == 1 else path[-1]),
            "amount": length(row["cost_usd"]),
            "cost": usd_exact(row["cost_usd"]),
        }


def margins(row: Row, most_copies: int) -> Iterator[dict[str, Any]]:
    """Two ends of the line of one format of `ebook_break_even.sql`."""
    for copies in (0, most_copies):
        yield {
            "format": row["format_name"],
            "copies": copies,
            "amount": length(copies * row["earned_per_copy_usd"] - row["cost_usd"]),
        }


def tested(row: Row) -> dict[str, Any]:
    """One ebook of `backtest.sql`."""
    return {
        "place": f"{row['begun_at'].isoformat()} {row['ebook_id']}",
        "book": row["book"],
        "begun": moment(row["begun_at"]),
        "low": length(row["low_cost_usd"]),
        "high": length(row["high_cost_usd"]),
        "actual": length(row["actual_cost_usd"]),
        "cost": usd_exact(row["actual_cost_usd"]),
        "estimate": f"{usd_exact(row['low_cost_usd'])} to {usd_exact(row['high_cost_usd'])}",
        "result": "held" if row["has_held"] else "missed",
    }


def cell(value: Any) -> Any:
    """Any value of a table as a chart takes it."""
    match value:
        case bool():
            return str(value).lower()
        case None | int() | float():
            return value
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()
    return str(value)[:200]


def is_instant(value: Any) -> bool:
    """Whether `cell` made it of a date or an instant."""
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _fate(row: Row) -> str:
    return "wasted" if row["is_wasted"] else "used"
