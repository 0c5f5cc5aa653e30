"""The provider's days come again and again, under any name: none is counted twice."""

import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.lake import Lake
from ingest.records import ProviderActivity
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.report import read_reconciliation
from tests.imports.exports import DAY, IMPORTED_AT, Desk, csv_text, without

MODELS = ("openai/gpt-5-nano", "google/gemini-2.5-flash", "anthropic/claude-sonnet-4.6")


def days(first: int, last: int, *, is_last_open: bool = False) -> list[dict[str, str]]:
    """Rows of April's days `first` to `last`; a day that was still open had one request fewer."""
    return [
        {
            **DAY,
            "Date": f"2026-04-{day:02} 00:00:00",
            "Slug": model,
            "API Key": key,
            "Usage": f"0.00{1 if is_last_open and day == last else 2}",
            "BYOK Usage": "0",
            "Requests": "1" if is_last_open and day == last else "2",
        }
        for day in range(first, last + 1)
        for model in MODELS
        for key in ("press", "studio")
    ]


def pulled(first: int, last: int) -> list[ProviderActivity]:
    """The same days as `GET /activity` sums them: without keys."""
    return [
        ProviderActivity(
            snapshot_id="pull", source="activity_api", activity_date=date(2026, 4, day),
            model=model, usage_usd=Decimal("0.004"), request_count=4,
        )
        for day in range(first, last + 1)
        for model in MODELS
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_days_delivered_again_in_any_order_and_form_are_counted_once(
    tmp_path: Path, seed: int
) -> None:
    whole = csv_text(*days(1, 6))
    shuffled = days(1, 6)
    random.Random(seed).shuffle(shuffled)
    deliveries = {
        "april.csv": whole,
        "april (1).csv": whole,
        "april-unix.csv": whole.replace("\r\n", "\n"),
        "april-sorted.csv": csv_text(*shuffled),
        "april.tsv": csv_text(*days(1, 6), delimiter="\t"),
        "while-the-third-was-open.csv": csv_text(*days(1, 3, is_last_open=True)),
        "second-half.csv": csv_text(*days(4, 6)),
        "press-only.csv": csv_text(*(row for row in days(2, 6) if row["API Key"] == "press")),
        "two-columns-fewer.csv": csv_text(*(without(row, "BYOK Usage") for row in days(1, 6))),
    }
    names = [*deliveries]
    random.Random(seed).shuffle(names)
    desk = Desk(tmp_path)
    for name in names:
        desk.import_text(deliveries[name], name)
    home = Home(tmp_path)
    Lake(home.lake).land("provider_activity", "activity-api-1", pulled(1, 6), IMPORTED_AT)
    reconciliation = read_reconciliation(build_warehouse(home).warehouse)
    assert reconciliation["provider_usd"] == "0.072"
    assert {day["provider_requests"] for day in reconciliation["days"]} == {12}
    assert len(reconciliation["days"]) == 6
