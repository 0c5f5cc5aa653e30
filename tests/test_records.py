"""A record is frozen, refuses what no lake can hold, and keeps unknown apart from zero."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.records import UsageEvent

START: dict[str, Any] = {
    "event_id": "e",
    "operation_id": "o",
    "endpoint": "chat/completions",
    "status": "succeeded",
    "started_at": datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))),
}


def event(**fields: object) -> UsageEvent:
    return UsageEvent.model_validate({**START, **fields})


def test_a_row_is_frozen_and_takes_no_unknown_column() -> None:
    with pytest.raises(ValidationError):
        event().status = "failed"
    with pytest.raises(ValidationError):
        event(cost=1)


def test_times_are_kept_in_utc_and_need_a_zone() -> None:
    assert event().started_at == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert event().started_at.tzinfo is UTC
    for wrong in ("2026-03-29T02:30:00", "0001-01-01T00:00:00+23:00"):
        with pytest.raises(ValidationError):
            event(started_at=wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reported_cost_usd": 0.1},
        {"reported_cost_usd": Decimal(-1)},
        {"reported_cost_usd": Decimal(1_000_000)},
        {"reported_cost_usd": Decimal("1e30")},
        {"input_tokens": -1},
        {"input_tokens": 2**63},
        {"attempt_number": 0},
        {"status": "done"},
        {"served_model": "\ud800"},
    ],
)
def test_what_no_lake_can_hold_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        event(**wrong)


def test_spend_is_unknown_until_all_of_it_was_said() -> None:
    assert event().spend_usd is None
    assert event(reported_cost_usd=Decimal(0)).spend_usd == 0
    assert event(reported_cost_usd=Decimal(0), is_byok=True).spend_usd is None
    assert event(reported_cost_usd=Decimal(1), upstream_cost_usd=Decimal(1)).spend_usd == 1
    own_key = event(reported_cost_usd=Decimal("0.05"), upstream_cost_usd=Decimal(1), is_byok=True)
    assert own_key.spend_usd == Decimal("1.05")


def test_a_row_survives_its_line_in_the_spool_to_the_last_digit() -> None:
    whole = event(reported_cost_usd=Decimal("0.000000000001"), labels='{"a": "größer"}')
    assert UsageEvent.model_validate_json(whole.model_dump_json(exclude_none=True)) == whole
