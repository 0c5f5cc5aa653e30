"""The two real exports, when the folder that holds them stands beside the project."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.imports.exports import Desk

REAL = Path(__file__).parents[3] / "shared" / "real"
CALLS = REAL / "openrouter_activity_calls.csv"
DAYS = REAL / "openrouter_activity_daily.csv"

pytestmark = pytest.mark.skipif(
    not CALLS.exists(), reason="the real exports are not beside this checkout"
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("real"))
    assert desk.import_files(CALLS, DAYS).warnings == ()
    return desk


def total(rows: list[dict[str, Any]], column: str) -> Decimal:
    return sum((row[column] for row in rows), Decimal(0))


def test_every_call_lands_and_they_cost_what_their_export_says(desk: Desk) -> None:
    calls = desk.rows("usage_events")
    assert len({call["event_id"] for call in calls}) == len(calls) == 4200
    assert total(calls, "reported_cost_usd") == Decimal("4.972841")
    assert sum(call["status"] == "cancelled" for call in calls) == 31
    assert sum(call["cache_read_tokens"] > 0 for call in calls) == 1044


def test_every_daily_sum_lands_with_its_requests_and_cost(desk: Desk) -> None:
    days = desk.rows("provider_activity")
    assert len(days) == 142
    assert total(days, "request_count") == 4209
    assert total(days, "usage_usd") == Decimal("4.980738")


def test_nothing_of_them_is_set_aside(desk: Desk) -> None:
    assert desk.rows("quarantine") == []


def test_importing_them_again_the_other_way_round_changes_nothing(desk: Desk) -> None:
    result = desk.import_files(DAYS, CALLS)
    assert [file.known_count for file in result.files] == [142, 4200]
    assert len(desk.rows("usage_events")) == 4200
