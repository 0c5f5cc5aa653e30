"""What cut, cancelled and killed attempts cost is learned afterwards, once."""

import threading
import time
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from ingest.clock import utc_now
from ingest.errors import NoAnswer, RequestRefused
from ingest.lake import Lake
from ingest.pull.settlements import pull_settlements
from ingest.simulator import RunningSimulator, running_simulator
from tests.pull.providers import (
    HASTY,
    IMPATIENT,
    attempt,
    client_of,
    generate,
    json_answer,
    land_attempts,
    scripted,
)


def settlements(lake: Lake) -> dict[str, dict[str, Any]]:
    rows = lake.scan("settlements").collect().to_dicts()
    assert len({row["generation_id"] for row in rows}) == len(rows)
    return {row["generation_id"]: row for row in rows}


def billed(simulator: RunningSimulator, generation_id: str) -> Any:
    generations: Any = simulator.bill()["generations"]
    return next(row for row in generations if row["id"] == generation_id)


def test_an_attempt_without_a_cost_is_settled_at_what_openrouter_charged(
    simulator: RunningSimulator, lake: Lake
) -> None:
    generation_id = generate(simulator)
    land_attempts(lake, attempt(generation_id))
    with client_of(simulator) as client:
        result = pull_settlements(lake, client)
    assert (result.landed_count, result.not_yet_known) == (1, ())
    row = settlements(lake)[generation_id]
    assert row["total_cost_usd"] == Decimal(billed(simulator, generation_id)["cost_usd"])
    assert row["is_byok"] is False
    assert row["served_model"] == "openai/gpt-5-nano-2025-08-07"
    assert row["input_tokens"] > 0
    assert row["generated_at"] <= row["observed_at"] <= row["landed_at"]


def test_a_settlement_under_an_own_key_has_the_upstream_cost_beside_it(
    simulator: RunningSimulator, lake: Lake
) -> None:
    generation_id = generate(simulator, key="byok-fee")
    land_attempts(lake, attempt(generation_id))
    with client_of(simulator, "byok-fee") as client:
        pull_settlements(lake, client)
    row, bill = settlements(lake)[generation_id], billed(simulator, generation_id)
    assert row["is_byok"] is True
    assert row["total_cost_usd"] == Decimal(bill["openrouter_cost_usd"])
    assert row["upstream_cost_usd"] == Decimal(bill["upstream_cost_usd"])


def test_a_second_pull_asks_for_nothing_that_is_settled(
    simulator: RunningSimulator, lake: Lake
) -> None:
    land_attempts(lake, attempt(generate(simulator)))
    with client_of(simulator) as client:
        pull_settlements(lake, client)

    def nobody_asks(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked again: {request.url}")

    with scripted(nobody_asks) as client:
        assert pull_settlements(lake, client).landed_count == 0


@pytest.mark.parametrize(
    ("changes", "is_asked"),
    [
        ({}, True),
        ({"status": "in_doubt"}, True),
        ({"status": "failed", "http_status": 504}, True),
        ({"status": "succeeded"}, True),
        ({"reported_cost_usd": Decimal("0.01"), "status": "succeeded"}, False),
        ({"reported_cost_usd": Decimal(0), "status": "succeeded"}, False),
        ({"reported_cost_usd": Decimal(0), "is_byok": True}, True),
        ({"reported_cost_usd": Decimal(0), "is_byok": True, "upstream_cost_usd": 1}, False),
        ({"generation_id": None}, False),
    ],
)
def test_only_attempts_whose_spend_nobody_told_are_asked_for(
    lake: Lake, changes: dict[str, Any], is_asked: bool
) -> None:
    land_attempts(lake, attempt(**{"generation_id": "gen-1", **changes}))
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["id"])
        return json_answer({"data": {"id": "gen-1", "total_cost": 0.5}})

    with scripted(answer) as client:
        pull_settlements(lake, client)
    assert asked == (["gen-1"] if is_asked else [])


def test_an_attempt_in_doubt_that_ended_with_its_cost_is_not_asked_for(lake: Lake) -> None:
    doubtful = attempt("gen-1", status="in_doubt")
    ended = {"status": "succeeded", "reported_cost_usd": Decimal(1)}
    land_attempts(lake, doubtful)
    land_attempts(lake, doubtful.model_copy(update=ended))
    with scripted(lambda request: json_answer({}, 500)) as client:
        assert pull_settlements(lake, client).not_yet_known == ()


def test_a_record_that_is_not_there_yet_is_waited_for(lake: Lake) -> None:
    delay = (0.2, 0.2)
    with running_simulator(settlement_delay_seconds=delay) as simulator:
        generation_id = generate(simulator)
        land_attempts(lake, attempt(generation_id))
        with client_of(simulator) as client:
            result = pull_settlements(lake, client, patience=HASTY)
    assert result.not_yet_known == ()
    assert list(settlements(lake)) == [generation_id]


def test_what_stays_unknown_is_named_and_asked_for_by_the_next_pull(
    simulator: RunningSimulator, lake: Lake
) -> None:
    known = generate(simulator)
    land_attempts(lake, attempt(known), attempt("gen-1-unknown"))
    with client_of(simulator) as client:
        for landed_count in (1, 0):
            result = pull_settlements(lake, client, patience=IMPATIENT)
            assert result.landed_count == landed_count
            assert result.not_yet_known == ("gen-1-unknown",)


def test_nobody_waits_for_the_record_of_an_old_attempt(lake: Lake) -> None:
    land_attempts(lake, attempt("gen-1", started_at=utc_now() - timedelta(days=2)))
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return json_answer({"error": {"code": 404}}, 404)

    with scripted(answer) as client:
        assert pull_settlements(lake, client, patience=HASTY).not_yet_known == ("gen-1",)
    assert len(asked) == 1


def test_a_busy_openrouter_is_asked_again_after_the_wait_it_names(
    simulator: RunningSimulator, lake: Lake
) -> None:
    generation_id = generate(simulator)
    land_attempts(lake, attempt(generation_id))
    with client_of(simulator, X_Simulate_Fault="rate_limited") as client:
        pull_settlements(lake, client)
    assert list(settlements(lake)) == [generation_id]


@pytest.mark.long
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 524, 529])
@pytest.mark.parametrize("is_date", [False, True])
def test_whatever_keeps_openrouter_busy_is_waited_for_as_it_says(
    lake: Lake, status: int, is_date: bool
) -> None:
    land_attempts(lake, attempt("gen-1"))
    asked_at: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked_at.append(time.monotonic())
        if len(asked_at) == 2:
            return json_answer({"data": {"id": "gen-1", "total_cost": 0.5}})
        # A date has no fractions of a second: this one is a second away, and up to two.
        at = format_datetime(utc_now() + timedelta(seconds=2), usegmt=True)
        return json_answer("<html>busy</html>", status, **{"Retry-After": at if is_date else "1"})

    with scripted(answer) as client:
        assert pull_settlements(lake, client, patience=HASTY).landed_count == 1
    first, second = asked_at
    assert 0.9 < second - first < 2.5


def test_no_more_questions_are_under_way_than_there_are_workers(lake: Lake) -> None:
    land_attempts(lake, *(attempt(f"gen-{number}") for number in range(60)))
    under_way, most = 0, 0
    lock = threading.Lock()

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return json_answer({"data": {"id": request.url.params["id"], "total_cost": 0.5}})

    with scripted(answer) as client:
        assert pull_settlements(lake, client, worker_count=3).landed_count == 60
    assert most == 3


@pytest.mark.parametrize(
    ("changes", "is_awaited"),
    [
        ({"status": "failed", "http_status": 502}, True),
        ({"status": "failed", "http_status": 429}, False),
        # A long stream that was cut a moment ago.
        ({"started_at": utc_now() - timedelta(hours=2), "finished_at": utc_now()}, True),
        ({"started_at": utc_now() - timedelta(minutes=11)}, False),
    ],
)
def test_a_record_is_waited_for_only_while_it_may_come(
    lake: Lake, changes: dict[str, Any], is_awaited: bool
) -> None:
    land_attempts(lake, attempt("gen-1", **changes))
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return json_answer({"error": {"code": 404}}, 404)

    with scripted(answer) as client:
        pull_settlements(lake, client, patience=IMPATIENT)
    assert (len(asked) > 1) == is_awaited


def test_what_is_answered_lands_while_the_rest_is_still_asked_for(lake: Lake) -> None:
    names = [f"gen-{number}" for number in range(30)]
    land_attempts(lake, *map(attempt, names))
    landed_counts = []

    def answer(request: httpx.Request) -> httpx.Response:
        landed_counts.append(len(settlements(lake)))
        time.sleep(0.1)
        return json_answer({"data": {"id": request.url.params["id"], "total_cost": 0.25}})

    with scripted(answer) as client:
        result = pull_settlements(lake, client, worker_count=1)
    assert 0 < landed_counts[-1] < 30
    assert result.landed_count == len(settlements(lake)) == 30


def test_a_wait_beyond_our_patience_is_not_begun(lake: Lake) -> None:
    land_attempts(lake, *(attempt(f"gen-{number}") for number in range(20)))
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return json_answer({"error": {"code": 429}}, 429, **{"Retry-After": "3600"})

    with scripted(answer) as client:
        result = pull_settlements(lake, client, worker_count=1)
    assert len(result.not_yet_known) == 20
    assert len(asked) == 1


def test_a_generation_of_another_account_is_named_and_stops_nothing(
    simulator: RunningSimulator, lake: Lake
) -> None:
    ours, theirs = generate(simulator), generate(simulator, key="sk-or-v1-other")
    land_attempts(lake, attempt(theirs), attempt(ours))
    with client_of(simulator) as client:
        result = pull_settlements(lake, client)
    assert (result.landed_count, result.refused) == (1, (theirs,))


def test_a_bad_key_is_told_in_one_sentence_without_the_key(lake: Lake) -> None:
    land_attempts(lake, attempt("gen-1"))
    with (
        scripted(lambda request: json_answer({"error": {"code": 401}}, 401)) as client,
        pytest.raises(RequestRefused) as refusal,
    ):
        pull_settlements(lake, client)
    assert str(refusal.value) == (
        "OpenRouter refused /generation with status 401: "
        "the key in OPENROUTER_API_KEY is not valid."
    )


def test_what_was_answered_lands_even_when_the_rest_cannot_be_had(lake: Lake) -> None:
    land_attempts(lake, *(attempt(f"gen-{number}") for number in range(4)))

    def answer(request: httpx.Request) -> httpx.Response:
        if (name := request.url.params["id"]) != "gen-0":
            raise httpx.ConnectError("connection refused")
        return json_answer({"data": {"id": name, "total_cost": 0.25}})

    with scripted(answer) as client, pytest.raises(NoAnswer, match=r"openrouter\.ai/api/v1"):
        pull_settlements(lake, client, patience=IMPATIENT)
    assert list(settlements(lake)) == ["gen-0"]


def test_an_interrupted_pull_keeps_what_it_has(lake: Lake) -> None:
    land_attempts(lake, attempt("gen-1"), attempt("gen-2"))

    def answer(request: httpx.Request) -> httpx.Response:
        return json_answer({"data": {"id": request.url.params["id"], "total_cost": 0.25}})

    def interrupt(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with scripted(answer) as client, pytest.raises(KeyboardInterrupt):
        pull_settlements(lake, client, worker_count=1, progress=interrupt)
    assert len(settlements(lake)) == 1


def test_progress_is_told_from_none_to_all(lake: Lake) -> None:
    land_attempts(lake, attempt("gen-1"), attempt("gen-2"))
    steps: list[tuple[int, int]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        return json_answer({"data": {"id": request.url.params["id"], "total_cost": 0.25}})

    with scripted(answer) as client:
        pull_settlements(lake, client, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 2), (1, 2), (2, 2)]


def test_a_cost_has_the_digits_that_were_sent(lake: Lake) -> None:
    land_attempts(lake, attempt("gen-1"), attempt("gen-2"), attempt("gen-3"))
    costs = {
        "gen-1": ("0.0076509169000000005", "0.007650916900"),
        "gen-2": ("1.2e-7", "0.000000120000"),
        "gen-3": ("0.0004970133333333333", "0.000497013333"),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.params["id"]
        return json_answer(f'{{"data": {{"id": "{name}", "total_cost": {costs[name][0]}}}}}')

    with scripted(answer) as client:
        pull_settlements(lake, client)
    for name, row in settlements(lake).items():
        assert row["total_cost_usd"] == Decimal(costs[name][1])


@pytest.mark.parametrize(
    "body",
    [
        "<html>welcome to the hotel's network</html>",
        "[]",
        '{"data": null}',
        '{"data": {"id": "gen-1"}}',
        '{"data": {"id": "gen-1", "total_cost": -1}}',
        '{"data": {"id": "gen-1", "total_cost": 1e400}}',
        '{"data": {"id": "gen-1", "total_cost": "much"}}',
        '{"data": {"id": "gen-1", "total_cost": 1, "created_at": "2026-04-01T00:00:00"}}',
    ],
)
def test_an_answer_that_cannot_be_read_is_set_aside_once(lake: Lake, body: str) -> None:
    land_attempts(lake, attempt("gen-1"))
    with scripted(lambda request: json_answer(body)) as client:
        for _ in range(2):
            result = pull_settlements(lake, client)
            assert (result.landed_count, result.quarantined_count) == (0, 1)
    (kept,) = lake.scan("quarantine").collect().to_dicts()
    assert (kept["table_name"], kept["origin"]) == ("settlements", "GET /generation")
    assert kept["reason"]
    assert settlements(lake) == {}
