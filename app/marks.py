"""What a chart draws for a row: the data of its marks.

Money becomes a float only here, and only as the length of a bar; the text beside it is exact.
"""

from typing import Any

from app.formats import count, moment, usd, usd_exact, words
from app.warehouse import Row


def column(row: Row) -> dict[str, Any]:
    """One part of one column of `spend_over_time.sql`."""
    return {
        "started": row["bucket_started_at"].isoformat(),
        "from": moment(row["bucket_started_at"]),
        "part": words(row["part"]),
        "part_rank": row["part_rank"],
        "usd": float(row["cost_usd"]),
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
            "usd": float(row[f"{fate}_cost_usd"]),
            "cost": usd_exact(row[f"{fate}_cost_usd"]),
            "calls": count(row["call_count"]),
        }
        for fate_rank, fate in enumerate(("used", "wasted"))
    ]


def end(row: Row, key: str) -> dict[str, Any]:
    """What is written at the end of a bar."""
    return {"key": row[key], "usd": float(row["cost_usd"]), "cost": usd(row["cost_usd"])}


def block(row: Row) -> dict[str, Any]:
    """One call, or one stage of the whole book, of `ebook_pages.sql`."""
    return {
        "page": row["page"],
        "stage": words(row["stage"]),
        "fate": "wasted" if row["is_wasted"] else "used",
        "outcome": row["what_became"],
        "calls": count(row["call_count"]),
        "block_rank": row["block_rank"],
        "usd": float(row["cost_usd"]),
        "cost": usd_exact(row["cost_usd"]),
    }
