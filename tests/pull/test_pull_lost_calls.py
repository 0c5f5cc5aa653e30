"""A call that died before its headers is found at OpenRouter, and matched to what it was for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.clock import utc_now
from ingest.errors import OpenRouterError, RequestRefused
from ingest.lake import Lake
from ingest.pull.lost import LostCall, lost_calls, windows
from ingest.pull.match import match
from ingest.pull.settlements import pull_settlements
from ingest.recording.recorder import Recorder
from ingest.recording.runs import production_run
from ingest.records import Settlement
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import RunningSimulator
from tests.pull.providers import HASTY, attempt, client_of, json_answer, land_attempts, scripted

MANAGEMENT_KEY = "sk-or-v1-management"
NOW = utc_now()
PAYLOAD = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "a fox"}]}


@contextmanager
def impatient(recorder: Recorder, simulator: RunningSimulator) -> Iterator[httpx.Client]:
    """A client that gives up before any header comes."""
    headers = {"Authorization": "Bearer sk-or-v1-test", "X-Simulate-Fault": "silent_stall*9"}
    with httpx.Client(
        base_url=simulator.base_url,
        transport=recorder.transport(),
        headers=headers,
        timeout=0.3,
    ) as http:
        yield http


def lose_a_call(http: httpx.Client, **more: object) -> None:
    with pytest.raises(httpx.ReadTimeout):
        http.post("/chat/completions", json={**PAYLOAD, **more})


def pulled(simulator: RunningSimulator, lake: Lake) -> Any:
    with client_of(simulator) as client, client_of(simulator, MANAGEMENT_KEY) as management:
        return pull_settlements(lake, client, management=management, patience=HASTY)


def test_calls_that_died_without_an_id_are_found_and_cost_what_the_bill_says(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    before = {row["id"] for row in simulator.bill()["generations"]}
    with (
        Recorder(tmp_path, base_url=simulator.base_url) as recorder,
        impatient(recorder, simulator) as http,
    ):
        with production_run(ebook_id="forest"):
            lose_a_call(http)
            lose_a_call(http, model="anthropic/claude-sonnet-4.6")
        lose_a_call(http)
    home = Home(tmp_path)
    seal(home)
    lake = Lake(home.lake)
    result = pulled(simulator, lake)
    assert (result.found_count, result.lost_count) == (3, 0)
    bill = {row["id"]: row for row in simulator.bill()["generations"] if row["id"] not in before}
    events = {row["event_id"]: row for row in lake.scan("usage_events").collect().to_dicts()}
    found = lake.scan("settlements").collect().to_dicts()
    assert {row["generation_id"] for row in found} == bill.keys()
    for row in found:
        billed = bill[row["generation_id"]]
        assert row["total_cost_usd"] == Decimal(billed["cost_usd"])
        assert events[row["event_id"]]["requested_model"] == billed["requested_model"]
    assert pulled(simulator, lake).landed_count == 0


def test_without_a_management_key_they_are_counted(simulator: RunningSimulator, lake: Lake) -> None:
    land_attempts(lake, attempt(None, status="in_doubt"))
    with client_of(simulator) as client:
        result = pull_settlements(lake, client)
    assert (result.found_count, result.lost_count) == (0, 1)


def test_an_ordinary_key_is_no_management_key(simulator: RunningSimulator, lake: Lake) -> None:
    land_attempts(lake, attempt(None, status="in_doubt"))
    with client_of(simulator) as client, pytest.raises(RequestRefused, match="MANAGEMENT_KEY"):
        pull_settlements(lake, client, management=client, patience=HASTY)


def test_what_was_refused_never_sent_or_is_over_is_not_lost(lake: Lake) -> None:
    long_ago = NOW - timedelta(days=32)
    over = attempt(None, event_id="over", status="in_doubt")
    land_attempts(
        lake,
        attempt(None, event_id="refused", status="failed", http_status=429),
        attempt(None, event_id="never-sent", status="failed", error_type="ConnectError"),
        attempt(None, event_id="old", status="in_doubt", started_at=long_ago),
        attempt(None, event_id="exported", status="succeeded", source="activity_export"),
        attempt("gen-1", event_id="known", status="in_doubt"),
        over,
        over.model_copy(update={"status": "succeeded"}),
        attempt(None, event_id="edge", status="failed", http_status=524),
        attempt(None, event_id="killed", status="in_doubt"),
    )
    assert {call.event_id for call in lost_calls(lake, utc_now())} == {"edge", "killed"}


def call(name: str, seconds: float = 0.0, **changes: Any) -> LostCall:
    fields = {"operation_id": name, "session_id": "run", "requested_model": "a/b-c"}
    return LostCall(
        event_id=name, started_at=NOW + timedelta(seconds=seconds), **{**fields, **changes}
    )


def generation(name: str, seconds: float, **changes: Any) -> Settlement:
    fields: dict[str, Any] = {"session_id": "run", "served_model": "a/c-b-20260217"}
    return Settlement(
        generation_id=name,
        total_cost_usd=Decimal(1),
        generated_at=NOW + timedelta(seconds=seconds),
        observed_at=NOW,
        **{**fields, **changes},
    )


def test_each_generation_is_the_nearest_call_of_its_session_and_model() -> None:
    calls = [call("first"), call("second", 60), call("other-model", 60, requested_model="a/z")]
    told = [generation("gen-2", 60.2), generation("gen-1", 0.1)]
    assert match(calls, told) == {"gen-1": "first", "gen-2": "second"}


def test_equal_calls_of_one_instant_are_matched_one_to_one() -> None:
    calls = [call(name) for name in "abc"]
    told = [generation(f"gen-{number}", 0.1) for number in range(4)]
    matches = match(calls, told)
    assert len(matches) == 3
    assert set(matches.values()) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "changes",
    [
        {"session_id": "another"},
        {"session_id": None},
        {"served_model": "a/d"},
        {"seconds": -601.0},
        {"seconds": 3601.0},
        {"generated_at": None},
    ],
)
def test_what_differs_in_session_model_or_time_is_no_match(changes: dict[str, Any]) -> None:
    told = generation("gen-1", changes.pop("seconds", 0.1)).model_copy(update=changes)
    assert match([call("lost")], [told]) == {}


@pytest.mark.parametrize("requested", [None, "openrouter/auto", "@preset/mine", "a/b-c:free"])
def test_a_model_that_openrouter_chose_may_be_any(requested: str | None) -> None:
    assert match([call("lost", requested_model=requested)], [generation("gen-1", 1)])


def test_a_session_of_its_own_is_the_call_whatever_model_served() -> None:
    alone = call("lost", session_id="lost")
    told = generation("gen-1", 1, session_id="lost", served_model="z/z")
    assert match([alone], [told]) == {"gen-1": "lost"}


def test_spans_of_time_that_touch_are_asked_for_once() -> None:
    spans = list(windows([call("a"), call("b", 1800), call("c", 90_000)]))
    assert [round((end - begin).total_seconds()) for begin, end in spans] == [6000, 4200]


def test_an_answer_that_was_cut_is_asked_for_in_halves(
    simulator: RunningSimulator, lake: Lake
) -> None:
    spans: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json_body(request)
        spans.append((body["time_range"]["start"], body["time_range"]["end"]))
        rows = [{"generation_id": f"gen-{len(spans)}", "total_usage": "0.5"}]
        is_cut = len(spans) == 1
        return json_answer({"data": {"data": rows, "metadata": {"truncated": is_cut}}})

    land_attempts(lake, attempt(None, status="in_doubt", session_id="s"))
    with scripted(answer) as management, client_of(simulator) as client:
        pull_settlements(lake, client, management=management, patience=HASTY)
    (whole, first, second) = spans
    assert (whole[0], whole[1]) == (first[0], second[1])
    assert first[1] == second[0]
    rows = lake.scan("settlements").collect().to_dicts()
    assert {(row["generation_id"], row["observed_in"]) for row in rows} == {
        ("gen-2", "analytics"),
        ("gen-3", "analytics"),
    }


def test_analytics_that_answer_something_else_are_one_sentence(
    simulator: RunningSimulator, lake: Lake
) -> None:
    land_attempts(lake, attempt(None, status="in_doubt"))
    with (
        scripted(lambda _: json_answer({"data": [1]})) as management,
        client_of(simulator) as client,
        pytest.raises(OpenRouterError, match="analytics"),
    ):
        pull_settlements(lake, client, management=management, patience=HASTY)


def json_body(request: httpx.Request) -> Any:
    return json.loads(request.content)
