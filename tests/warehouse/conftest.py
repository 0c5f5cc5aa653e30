"""One lake with every case that the warehouse must judge, built and published once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest.lake import Lake, to_frame
from ingest.records import Quarantined, Record
from ingest.settings import Home
from ingest.warehouse.build import BuildResult, build_warehouse
from tests.warehouse.rows import (
    activity,
    attempt,
    ebook,
    finished_run,
    price,
    rejection,
    settlement,
)

MONDAY = datetime(2026, 4, 6, 9, tzinfo=UTC)
TUESDAY = datetime(2026, 4, 7, 9, tzinfo=UTC)

FOREST: dict[str, Any] = {"ebook_id": "forest", "run_id": "run-forest"}
LIVE = [
    attempt("drawn", **FOREST, stage="line_art", page_number=1, operation_id="drawing",
            generation_id="gen-1", reported_cost_usd=Decimal("0.04"), input_tokens=7,
            output_tokens=1304, output_image_tokens=1290, output_image_count=1),
    attempt("redrawn", **FOREST, stage="line_art", page_number=1,
            generation_id="gen-2", reported_cost_usd=Decimal("0.05")),
    attempt("refused", **FOREST, stage="cover", operation_id="cover",
            status="failed", http_status=429),
    attempt("own-key", ebook_id="river", stage="outline", generation_id="gen-3", is_byok=True,
            reported_cost_usd=Decimal("0.001"), upstream_cost_usd=Decimal("0.02")),
    attempt("tiny", generation_id="gen-4", requested_model="openai/gpt-5-nano",
            served_model="openai/gpt-5-nano-2025-08-07",
            reported_cost_usd=Decimal("0.000000000001")),
    attempt("silent", ebook_id="river", stage="outline"),
    attempt("lost", ebook_id="river", stage="cover", status="in_doubt"),
    attempt("endless", input_tokens=2**63 - 1, output_tokens=2**63 - 1, served_model="a/b",
            cache_read_tokens=2**63 - 1, cache_write_tokens=2**63 - 1,
            reported_cost_usd=Decimal(0)),
    attempt("boundless", input_tokens=10**12 - 1, output_tokens=10**12 - 1, served_model="a/b"),
]  # fmt: skip
CUT = {**FOREST, "stage": "cover", "operation_id": "cover", "generation_id": "gen-5"}
DOUBT = attempt("cut", **CUT, status="in_doubt")
CANCELLED = attempt("cut", **CUT, status="cancelled", http_status=200)
EXPORTED = [
    attempt("exported-gen-1", generation_id="gen-1", source="activity_export",
            reported_cost_usd=Decimal("0.04")),
    attempt("exported-only", generation_id="gen-6", source="activity_export",
            served_model="openai/gpt-5-nano", reported_cost_usd=Decimal("0.5")),
]  # fmt: skip
UNREADABLE = Quarantined(
    quarantine_id="line-3",
    table_name="usage_events",
    origin="segment-1",
    line_number=3,
    reason="status: missing",
    payload="{}",
)
PROVIDER = [
    activity(date(2026, 4, 1), "openai/gpt-5-nano", "0.6", 3),
    activity(date(2026, 4, 2), "openai/gpt-5-nano", "0.25", 1),
]
LANDINGS: dict[str, list[tuple[str, list[Record], datetime]]] = {
    "usage_events": [
        ("segment-1", [*LIVE, DOUBT], MONDAY),
        ("segment-1-again", [*LIVE], TUESDAY),
        ("segment-2", [CANCELLED], TUESDAY),
        ("export", [*EXPORTED], TUESDAY),
    ],
    "settlements": [
        ("pull-1", [settlement("gen-5", None)], MONDAY),
        ("pull-2", [settlement("gen-5", "0.01"), settlement("gen-9", "0.3")], TUESDAY),
    ],
    "outcomes": [("segment-1", [rejection("drawing")], MONDAY)],
    "ebooks": [
        ("segment-1", [ebook("forest", title="Forest animals", page_count=2)], MONDAY),
        ("segment-2", [ebook("planned", title="Not begun", page_count=24)], MONDAY),
    ],
    "control_totals": [("segment-1", [finished_run("run-forest", 4, "0.08")], MONDAY)],
    "provider_activity": [("export", [*PROVIDER], TUESDAY)],
    "model_prices": [("pull-1", [price("a/b", "0.000003")], MONDAY)],
    "quarantine": [("segment-1", [UNREADABLE], MONDAY)],
}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("warehouse's [home]*"))
    # What a pattern of that name would match besides: none of it may be in the answers.
    neighbour = Lake(home.lake.parent.parent / home.root.name.replace("*", "next door") / "lake")
    neighbour.land("usage_events", "segment-0", [attempt("not-ours")], MONDAY)
    for table_name, files in LANDINGS.items():
        for file_name, records, landed_at in files:
            Lake(home.lake).land(table_name, file_name, records, landed_at)
    land_with_columns_of_a_later_version(home)
    return home


@pytest.fixture(scope="session")
def built(home: Home) -> BuildResult:
    return build_warehouse(home)


@pytest.fixture(scope="session")
def query(built: BuildResult) -> Callable[[str], list[tuple[Any, ...]]]:
    """Ask the published warehouse, as a reader does."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(built.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return ask


def land_with_columns_of_a_later_version(home: Home) -> None:
    row = attempt("from-the-future", ebook_id="river", reported_cost_usd=Decimal("0.1"))
    frame = to_frame("usage_events", [row.model_copy(update={"landed_at": TUESDAY})])
    land_frame(home, frame.drop("labels").with_columns(pl.lit("new").alias("mood")))


def land_frame(home: Home, frame: pl.DataFrame) -> Path:
    """Put a file into the lake that our own writer would not write."""
    path = home.lake / "usage_events" / "landed_date=2026-04-07" / "by-hand.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)
    return path
