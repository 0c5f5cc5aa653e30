"""One row of a per-day export is one of the provider's own sums."""

from datetime import date
from decimal import Decimal

import pytest

from tests.imports.exports import DAY, Desk, csv_text, without


def test_a_day_lands_with_everything_its_row_says(desk: Desk) -> None:
    desk.import_text(csv_text(DAY))
    (day,) = desk.rows("provider_activity")
    expected = {
        "source": "activity_export",
        "activity_date": date(2026, 4, 16),
        "model": "openai/gpt-5-nano",
        "provider_name": None,
        "api_key_name": "press",
        "usage_usd": Decimal("0.001267"),
        "byok_usage_usd": Decimal("0.5"),
        "request_count": 1,
        "input_tokens": 9475,
        "output_tokens": 1984,
        "reasoning_tokens": 1984,
    }
    assert {name: day[name] for name in expected} == expected
    assert desk.rows("usage_events") == []


def test_all_rows_of_a_file_are_one_snapshot_and_those_of_another_file_another(desk: Desk) -> None:
    desk.import_text(csv_text(DAY, {**DAY, "Slug": "openai/gpt-4o-mini"}))
    desk.import_text(csv_text({**DAY, "Requests": "2"}))
    snapshots = [day["snapshot_id"] for day in desk.rows("provider_activity")]
    assert len(snapshots) == 3
    assert len(set(snapshots)) == 2


def test_a_key_that_the_export_calls_unknown_is_unknown(desk: Desk) -> None:
    desk.import_text(csv_text({**DAY, "API Key": "Unknown"}))
    assert desk.rows("provider_activity")[0]["api_key_name"] is None


@pytest.mark.parametrize("column", ["Date", "Slug", "Usage", "Requests"])
def test_a_sum_without_its_day_model_cost_or_requests_is_set_aside(desk: Desk, column: str) -> None:
    result = desk.import_text(csv_text(DAY, {**DAY, column: ""}))
    assert (result.files[0].landed_count, result.files[0].quarantined_count) == (1, 1)
    (kept,) = desk.rows("quarantine")
    assert kept["table_name"] == "provider_activity"
    assert "the cell is empty" in kept["reason"]


def test_an_export_without_key_names_has_none(desk: Desk) -> None:
    desk.import_text(csv_text(without(DAY, "API Key", "Reasoning Tokens")))
    (day,) = desk.rows("provider_activity")
    assert (day["api_key_name"], day["reasoning_tokens"]) == (None, None)
