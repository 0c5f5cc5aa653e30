"""What a home holds once it is sealed: the ledger as everybody else will read it."""

from pathlib import Path
from typing import Any

from ingest.lake import Lake
from ingest.seal import seal
from ingest.settings import Home


def landed(home: Path, table_name: str = "usage_events") -> list[dict[str, Any]]:
    """Seal what is closed and give the rows of one table, oldest first."""
    seal(Home(home))
    rows = Lake(Home(home).lake).scan(table_name).collect().to_dicts()
    return sorted(rows, key=lambda row: str(next(iter(row.values()))))


def landed_call(home: Path) -> dict[str, Any]:
    """The row of the only call that was made."""
    (row,) = landed(home)
    return row


def one_per_event(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last word on each attempt: a rotated segment may have told its beginning before."""
    events: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["status"] != "in_doubt"):
        events[row["event_id"]] = row
    return [*events.values()]
