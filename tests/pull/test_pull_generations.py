"""Days that count otherwise are asked for generation by generation; the others are left alone."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest.lake import Lake
from ingest.pull.activity import pull_activity
from ingest.pull.generations import MOST_REQUESTS, pull_generations
from ingest.records import ProviderActivity
from ingest.simulator import RunningSimulator, running_simulator
from tests.pull.providers import (
    IMPATIENT,
    KEY,
    attempt,
    client_of,
    generate,
    json_answer,
    land_attempts,
    scripted,
)

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)
NEXT_DAY = NOON + timedelta(days=1)
OTHER = "sk-or-v1-other"


@pytest.fixture
def yesterday() -> Iterator[tuple[RunningSimulator, list[str]]]:
    """A simulator of a day ago with three generations, the last of another key."""
    now = [NOON]
    instant = (0.0, 0.0)
    with running_simulator(clock=lambda: now[0], settlement_delay_seconds=instant) as simulator:
        names = [generate(simulator, key) for key in (KEY, KEY, OTHER)]
        now[0] = NEXT_DAY
        yield simulator, names


def rows(lake: Lake, table_name: str) -> list[dict[str, Any]]:
    return lake.scan(table_name).collect().to_dicts()


def recorded(lake: Lake, simulator: RunningSimulator, *names: str) -> None:
    billed: Any = simulator.bill()["generations"]
    key_of = {row["id"]: row["api_key_hash"] for row in billed}
    land_attempts(
        lake, *(attempt(name, started_at=NOON, api_key_hash=key_of[name]) for name in names)
    )


def pull(lake: Lake, simulator: RunningSimulator) -> Any:
    with client_of(simulator, "management") as client:
        pull_activity(lake, client, clock=lambda: NEXT_DAY)
        return pull_generations(lake, client, clock=lambda: NEXT_DAY)


def test_a_day_with_more_requests_than_the_ledger_knows_lands_one_by_one(
    yesterday: tuple[RunningSimulator, list[str]], lake: Lake
) -> None:
    simulator, names = yesterday
    recorded(lake, simulator, names[0])
    result = pull(lake, simulator)
    assert (result.landed_count, result.asked_days) == (3, (NOON.date(),))
    billed: Any = simulator.bill()["generations"]
    landed = {row["generation_id"]: row for row in rows(lake, "provider_generations")}
    assert {name: row["cost_usd"] for name, row in landed.items()} == {
        row["id"]: Decimal(row["cost_usd"]) for row in billed
    }
    assert {row["model"] for row in landed.values()} == {"openai/gpt-5-nano-2025-08-07"}
    assert {row["billed_date"] for row in landed.values()} == {NOON.date()}


def test_a_second_pull_knows_them_and_asks_no_more(
    yesterday: tuple[RunningSimulator, list[str]], lake: Lake
) -> None:
    simulator, names = yesterday
    recorded(lake, simulator, names[0])
    pull(lake, simulator)
    again = pull(lake, simulator)
    assert (again.landed_count, again.asked_days) == (0, ())
    assert len(rows(lake, "provider_generations")) == 3


def test_a_day_that_the_ledger_has_whole_is_not_asked_for(
    yesterday: tuple[RunningSimulator, list[str]], lake: Lake
) -> None:
    simulator, names = yesterday
    recorded(lake, simulator, *names)
    assert pull(lake, simulator).asked_days == ()


def test_each_key_of_the_ledger_is_asked_for_and_no_other(
    yesterday: tuple[RunningSimulator, list[str]], lake: Lake
) -> None:
    simulator, names = yesterday
    recorded(lake, simulator, names[0])
    pull(lake, simulator)
    told = {row["api_key_hash"]: row["request_count"] for row in rows(lake, "provider_activity")}
    (own,) = {row["api_key_hash"] for row in rows(lake, "usage_events")}
    assert told == {None: 3, own: 2}
    assert len({row["snapshot_id"] for row in rows(lake, "provider_activity")}) == 1


def test_a_key_of_another_account_takes_nothing_from_the_others(lake: Lake) -> None:
    land_attempts(lake, attempt("gen-1", started_at=NOON, api_key_hash="of-another-account"))

    def answer(request: httpx.Request) -> httpx.Response:
        if "api_key_hash" in request.url.params:
            return json_answer({"error": {"message": "no such key"}}, 404)
        day = {"date": "2026-10-15", "model": "a/b", "usage": 1, "requests": 1}
        return json_answer({"data": [day]})

    with scripted(answer) as client:
        result = pull_activity(lake, client, clock=lambda: NEXT_DAY, patience=IMPATIENT)
    assert result.landed_count == 1


def land_day(lake: Lake, day: date, request_count: int) -> None:
    row = ProviderActivity(
        snapshot_id="pull",
        source="activity_api",
        activity_date=day,
        model="a/b",
        usage_usd=Decimal(1),
        request_count=request_count,
    )
    lake.land("provider_activity", f"pull-{day}", [row], NEXT_DAY)


def test_days_too_large_or_too_old_are_left_as_sums(lake: Lake) -> None:
    land_day(lake, NOON.date(), MOST_REQUESTS + 1)
    land_day(lake, NOON.date() - timedelta(days=40), 1)
    with scripted(lambda request: pytest.fail("nothing is to be asked")) as client:
        result = pull_generations(lake, client, clock=lambda: NEXT_DAY)
    assert (result.asked_days, result.days_too_large) == ((), (NOON.date(),))


def test_an_answer_that_was_cut_is_asked_for_in_halves(lake: Lake) -> None:
    land_day(lake, NOON.date(), 2)
    spans: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        query = json.loads(request.content)
        assert query["dimensions"] == ["generation_id", "model"]
        span = (query["time_range"]["start"], query["time_range"]["end"])
        spans.append(span)
        row = {"generation_id": f"gen-{span[0][11:13]}", "model": "a/b", "total_usage": 1}
        is_cut = len(spans) == 1
        return json_answer({"data": {"data": [row], "metadata": {"truncated": is_cut}}})

    with scripted(answer) as client:
        result = pull_generations(lake, client, clock=lambda: NEXT_DAY, patience=IMPATIENT)
    assert result.landed_count == 2
    assert [begin[11:13] for begin, _ in spans] == ["00", "00", "12"]
