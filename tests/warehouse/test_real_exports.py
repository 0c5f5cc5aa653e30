"""The answers that two real exports of one account must give; their README says them too."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.imports.activity import import_activity
from ingest.imports.attribution_rules import AttributionRules
from ingest.lake import Lake
from ingest.pull.lost import is_same_model
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.report import read_ebooks, read_reconciliation, read_status

REAL = Path(__file__).parents[3] / "shared" / "real"
CALLS = REAL / "openrouter_activity_calls.csv"
DAYS = REAL / "openrouter_activity_daily.csv"

pytestmark = pytest.mark.skipif(
    not CALLS.exists(), reason="the real exports are not beside this checkout"
)


def built(home: Home, *files: Path) -> Path:
    """The files one by one, with a build after each: as somebody gets them."""
    for number, file in enumerate(files):
        landed_at = datetime(2026, 4, 17, number, tzinfo=UTC)
        import_activity([file], Lake(home.lake), rules=AttributionRules(), landed_at=landed_at)
        build_warehouse(home)
    return home.warehouse


@pytest.fixture(scope="module", params=["calls first", "days first", "spelled the other way"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    match request.param:
        case "calls first":
            return built(Home(folder), CALLS, DAYS)
        case "days first":
            return built(Home(folder), DAYS, CALLS)
    return built(Home(folder), *spelled_the_other_way(folder))


def spelled_the_other_way(folder: Path) -> tuple[Path, Path]:
    """Calls by slug and days by permaslug: each file with the models of the other."""
    slugs = {row["Slug"] for row in rows(DAYS)}
    permaslugs = {row["model_permaslug"] for row in rows(CALLS)}
    pairs = {
        slug: slug if slug in permaslugs else next(p for p in permaslugs if is_same_model(slug, p))
        for slug in slugs
    }
    calls, days = folder / "calls.csv", folder / "days.csv"
    swap(CALLS, calls, "model_permaslug", {permaslug: slug for slug, permaslug in pairs.items()})
    swap(DAYS, days, "Slug", pairs)
    return calls, days


def swap(source: Path, target: Path, column: str, names: dict[str, str]) -> None:
    found = rows(source)
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(found[0]))
        writer.writeheader()
        writer.writerows({**row, column: names[row[column]]} for row in found)


def rows(source: Path) -> list[dict[str, str]]:
    with source.open(newline="") as file:
        return [*csv.DictReader(file)]


def test_the_ledger_holds_what_the_export_of_calls_says(warehouse: Path) -> None:
    status = read_status(warehouse)
    assert (status["attempt_count"], status["cost_usd"]) == (4200, "4.972841")
    assert status["unattributed_cost_usd"] == "4.972841"
    assert (status["unpriced_count"], status["in_doubt_count"]) == (0, 0)


def test_exactly_four_days_differ_and_by_how_much(warehouse: Path) -> None:
    reconciliation = read_reconciliation(warehouse)
    assert [days_of(day) for day in reconciliation["days"]] == [
        ("2026-03-25", "0.195061", "0.197014", "0.001953"),
        ("2026-04-01", "0.242159", "0.242416", "0.000257"),
        ("2026-04-14", "0.338788", "0.340878", "0.00209"),
        ("2026-04-16", "0", "0.003597", "0.003597"),
    ]
    assert reconciliation["difference_usd"] == "0.007897"
    assert reconciliation["missing_requests"] == 9
    assert Decimal(reconciliation["provider_usd"]) == Decimal("4.980738")


def test_each_difference_has_its_reason_and_the_reasons_are_the_whole(warehouse: Path) -> None:
    reconciliation = read_reconciliation(warehouse)
    reasons = {
        row["class"]: (row["amount_usd"], row["requests"]) for row in reconciliation["classes"]
    }
    # The export of calls ends in the evening before the provider's last day.
    assert reasons == {"untracked_call": ("0.0043", 5), "day_not_complete": ("0.003597", 4)}
    assert reconciliation["is_balanced"] is False


def test_the_ledger_and_what_is_untracked_are_the_bill(warehouse: Path) -> None:
    status = read_status(warehouse)
    assert (status["untracked_usd"], status["untracked_requests"]) == ("0.007897", 9)
    untracked_usd = Decimal(status["untracked_usd"])
    assert Decimal(status["cost_usd"]) + untracked_usd == Decimal("4.980738")
    ebooks = read_ebooks(warehouse)
    assert (ebooks[-1]["ebook_id"], ebooks[-1]["untracked_usd"]) == ("untracked", "0.007897")
    parts = (Decimal(row["cost_usd"]) + Decimal(row["untracked_usd"]) for row in ebooks)
    assert sum(parts) == Decimal("4.980738")


def days_of(day: dict[str, Any]) -> tuple[str, ...]:
    return tuple(day[key] for key in ("date", "ledger_usd", "provider_usd", "difference_usd"))
