"""Account-level meters: all of them agree with the bill."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest import money
from ingest.simulator import RunningSimulator, running_simulator
from tests.simulator.conftest import API_KEY, client_of
from tests.simulator.exchanges import CLAUDE, FLASH, NANO, ask

FIXTURES = Path(__file__).parents[3] / "shared" / "openrouter" / "fixtures.json"
MANAGEMENT_KEY = "sk-or-v1-management"
MONDAY = datetime(2026, 10, 12, 22, tzinfo=UTC)


class Days:
    """A clock that is set to one instant after the other."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def days() -> Days:
    return Days()


@pytest.fixture(scope="module")
def simulator(days: Days) -> Iterator[RunningSimulator]:
    """Two days of calls by two keys, one of them BYOK, seen on the third day."""
    with running_simulator(clock=days) as running:
        for day in range(3):
            days.now = MONDAY + timedelta(days=day)
            for key in (API_KEY, "sk-or-v1-byok-fee"):
                with client_of(running, key) as client:
                    for model in (CLAUDE, FLASH, NANO, NANO):
                        ask(client, model)
        yield running


def test_credits_used_are_openrouters_part_of_the_bill(simulator: RunningSimulator) -> None:
    meters = _get(simulator, "/credits")
    rows = simulator.bill()["generations"]
    assert meters["total_usage"] == sum(Decimal(row["openrouter_cost_usd"]) for row in rows)
    assert meters["total_credits"] == 1000


def test_activity_shows_completed_days_by_model(simulator: RunningSimulator) -> None:
    rows = _get(simulator, "/activity")
    assert {row["date"] for row in rows} == {"2026-10-12", "2026-10-13"}
    assert len(rows) == 6
    nano = next(row for row in rows if row["model"] == NANO)
    assert nano["model_permaslug"] == "openai/gpt-5-nano-2025-08-07"
    assert nano["requests"] == 4


def test_activity_adds_up_to_the_bill(simulator: RunningSimulator) -> None:
    rows = _get(simulator, "/activity")
    billed = [row for row in simulator.bill()["generations"] if row["created_at"] < "2026-10-14"]
    shown_usd = sum(Decimal(row["usage"]) + Decimal(row["byok_usage_inference"]) for row in rows)
    assert shown_usd == sum(Decimal(row["cost_usd"]) for row in billed)


def test_activity_can_be_asked_for_one_day_and_one_key(simulator: RunningSimulator) -> None:
    key_hash = hashlib.sha256(API_KEY.encode()).hexdigest()
    rows = _get(simulator, f"/activity?date=2026-10-13&api_key_hash={key_hash}")
    billed = [
        row
        for row in simulator.bill()["generations"]
        if row["api_key_hash"] == key_hash and row["created_at"].startswith("2026-10-13")
    ]
    assert sum(row["usage"] for row in rows) == sum(Decimal(row["cost_usd"]) for row in billed)
    assert all(row["byok_usage_inference"] == 0 for row in rows)


def test_a_day_that_is_none_is_refused(simulator: RunningSimulator) -> None:
    with client_of(simulator, MANAGEMENT_KEY) as client:
        reply = client.get("/activity?date=yesterday")
    assert reply.status_code == 400
    assert "yesterday" in reply.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/credits", "/activity"])
def test_account_meters_need_a_management_key(simulator: RunningSimulator, path: str) -> None:
    with client_of(simulator) as client:
        assert client.get(path).status_code == 403
    assert httpx.get(simulator.base_url + path).status_code == 401


def test_a_key_knows_what_it_used(simulator: RunningSimulator) -> None:
    facts = _get(simulator, "/key", "sk-or-v1-byok-fee")
    assert facts["usage_weekly"] == facts["usage_monthly"] == facts["usage"]
    assert 0 < facts["usage_daily"] < facts["usage"] < facts["byok_usage"]
    assert facts["is_management_key"] is False


@pytest.mark.skipif(not FIXTURES.exists(), reason="the recorded replies are not beside this clone")
def test_meters_have_the_fields_of_the_documented_ones(simulator: RunningSimulator) -> None:
    documented = json.loads(FIXTURES.read_text())
    assert set(_get(simulator, "/key")) == set(documented["18c_key"]["body"]["data"])
    row = documented["18a_activity"]["body"]["data"][0]
    assert set(_get(simulator, "/activity")[0]) == set(row)


def _get(simulator: RunningSimulator, path: str, key: str = MANAGEMENT_KEY) -> Any:
    with client_of(simulator, key) as client:
        return money.loads(client.get(path).content)["data"]
