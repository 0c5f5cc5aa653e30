"""The answers that two real exports of one account must give; their README says them too."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.imports.activity import import_activity
from ingest.imports.attribution_rules import AttributionRules
from ingest.lake import Lake
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.report import read_reconciliation, read_status

REAL = Path(__file__).parents[3] / "shared" / "real"
CALLS = REAL / "openrouter_activity_calls.csv"
DAYS = REAL / "openrouter_activity_daily.csv"

pytestmark = pytest.mark.skipif(
    not CALLS.exists(), reason="the real exports are not beside this checkout"
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("real"))
    landed_at = datetime(2026, 4, 17, tzinfo=UTC)
    rules = AttributionRules()
    import_activity([CALLS, DAYS], Lake(home.lake), rules=rules, landed_at=landed_at)
    return build_warehouse(home).warehouse


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


def days_of(day: dict[str, Any]) -> tuple[str, ...]:
    return tuple(day[key] for key in ("date", "ledger_usd", "provider_usd", "difference_usd"))
