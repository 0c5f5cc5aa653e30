"""What a chart draws for a row: the data of its marks.

Money becomes a float only here, and only as the length of a bar; the text beside it is exact.
"""

from decimal import Decimal
from typing import Any

from app.formats import count, local_moment, money, usd_exact, words
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


def block(row: Row) -> dict[str, Any]:
    """One call, or one stage of the whole book, of `ebook_pages.sql`."""
    return {
        "page": row["page"],
        "stage": words(row["stage"]),
        "fate": "wasted" if row["is_wasted"] else "used",
        "outcome": row["what_became"],
        "calls": count(row["call_count"]),
        "block_rank": row["block_rank"],
        "amount": length(row["cost"]),
        "cost": usd_exact(row["cost_usd"]),
    }
