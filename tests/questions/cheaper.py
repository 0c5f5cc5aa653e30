"""Two ebooks of a month long past, whose accepted pages cost a cent each."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from ingest.lake import Lake
from ingest.settings import Home
from tests.warehouse.rows import acceptance, attempt, ebook

LONG_AGO = datetime(2026, 1, 15, 12, tzinfo=UTC)


def land_cheap_books(home: Path) -> None:
    """One of the kind `coloring_book` and one of the kind `novel`."""
    lake = Lake(Home(home).lake)
    for name, kind in (("cheap", "coloring_book"), ("other", "novel")):
        call = attempt(name, ebook_id=name, operation_id=name, page_number=1, started_at=LONG_AGO,
                       reported_cost_usd=Decimal("0.01"))  # fmt: skip
        lake.land("ebooks", name, [ebook(name, kind=kind, page_count=1)], LONG_AGO)
        lake.land("usage_events", name, [call], LONG_AGO)
        lake.land("outcomes", name, [acceptance(name, LONG_AGO)], LONG_AGO)
