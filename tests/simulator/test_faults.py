"""Everything that can go wrong with a call, asked for by header or by model name."""

import json
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.errors import UsageError
from ingest.simulator import RunningSimulator, SimulatorConfig, running_simulator
from ingest.simulator.fault_refusals import refusal_for
from ingest.simulator.faults import CallKind, Fault, parse_fault, random_fault
from ingest.simulator.seeding import Draw
from tests.simulator.conftest import client_of
from tests.simulator.exchanges import (
    CLAUDE,
    FLASH,
    FLASH_IMAGE,
    ask,
    billed,
    billed_id,
    billed_usd,
    chat_body,
    generation_of,
)

REFUSED = {
    "bad_request": 400,
    "unauthorized": 401,
    "insufficient_credits": 402,
    "key_limit": 402,
    "in_flight_budget": 402,
    "budget_spent": 403,
    "no_endpoints": 404,
    "timeout": 408,
    "too_large": 413,
    "unprocessable": 422,
    "rate_limited": 429,
    "free_limit": 429,
    "internal_error": 500,
    "bad_gateway": 502,
    "bad_gateway_html": 502,
    "unavailable": 503,
    "gateway_timeout": 504,
    "edge_timeout": 524,
    "overloaded": 529,
}
BILLED_ALL_THE_SAME = {"gateway_timeout", "edge_timeout"}
FIXTURES = Path(__file__).parents[3] / "shared" / "openrouter" / "fixtures.json"
RECORDED = {
    "09a_402_insufficient": "insufficient_credits",
    "09b_402_in_flight": "in_flight_budget",
    "09d_403_key_budget": "budget_spent",
    "10a_429_platform_free": "free_limit",
    "10b_429_upstream": "rate_limited",
    "10e_408": "timeout",
    "10f_500_masked": "internal_error",
    "10g_502": "bad_gateway",
    "10h_503_capacity": "unavailable",
    "10j_529": "overloaded",
}


@pytest.mark.parametrize(("fault", "status"), REFUSED.items())
def test_a_refusal_has_its_status_and_happens_once(
    simulator: RunningSimulator, client: httpx.Client, fault: str, status: int
) -> None:
    charged_count = len(simulator.bill()["generations"])
    body = chat_body(CLAUDE, f"Refused with {fault}")
    replies = [
        client.post("/chat/completions", json=body, headers={"X-Simulate-Fault": fault})
        for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [status, 200]
    is_billed = fault in BILLED_ALL_THE_SAME
    assert len(simulator.bill()["generations"]) - charged_count == 1 + is_billed


@pytest.mark.parametrize("fault", ["bad_gateway_html", "edge_timeout"])
def test_the_edge_answers_in_html_and_names_no_generation(client: httpx.Client, fault: str) -> None:
    reply = ask(client, CLAUDE, fault=fault)
    assert reply.headers["Content-Type"].startswith("text/html")
    assert "X-Generation-Id" not in reply.headers


def test_a_gateway_that_gave_up_names_the_generation_it_bills(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    assert billed_usd(simulator, ask(client, CLAUDE, fault="504")) > 0


@pytest.mark.parametrize("fault", ["429", "503", "402"])
def test_a_passing_refusal_says_when_to_come_back(client: httpx.Client, fault: str) -> None:
    headers = [ask(client, CLAUDE, fault=fault).headers for _ in range(16)]
    waits = {header["Retry-After"] for header in headers}
    dates = {wait for wait in waits if not wait.isdigit()}
    assert waits - dates <= {"0", "1"}
    assert dates
    assert all(parsedate_to_datetime(date).tzinfo is not None for date in dates)


@pytest.mark.skipif(not FIXTURES.exists(), reason="the recorded replies are not beside this clone")
@pytest.mark.parametrize(("recorded", "fault"), RECORDED.items())
def test_a_refusal_has_the_shape_of_the_recorded_one(
    client: httpx.Client, recorded: str, fault: str
) -> None:
    expected = json.loads(FIXTURES.read_text())[recorded]
    reply = ask(client, CLAUDE, fault=fault)
    assert reply.status_code == expected["status"]
    assert _shape(reply.json()) == _shape(expected["body"])
    assert set(expected["headers"]) <= set(reply.headers)


def test_a_model_name_can_ask_for_a_fault_too(client: httpx.Client) -> None:
    body = chat_body(CLAUDE + "#fault=unavailable")
    statuses = [client.post("/chat/completions", json=body).status_code for _ in range(2)]
    assert statuses == [503, 200]


def test_a_fault_can_be_asked_for_several_times(client: httpx.Client) -> None:
    body = chat_body(CLAUDE)
    headers = {"X-Simulate-Fault": "429*3"}
    replies = [client.post("/chat/completions", json=body, headers=headers) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [429, 429, 429, 200]


def test_an_unknown_fault_is_refused_with_the_names_there_are(client: httpx.Client) -> None:
    reply = ask(client, CLAUDE, fault="earthquake")
    assert reply.status_code == 400
    assert "cut_stream" in reply.json()["error"]["message"]


@pytest.mark.parametrize("name", ["cut_stream", "no_usage", "524"])
def test_a_fault_is_known_by_name_or_status(name: str) -> None:
    fault, times = parse_fault(f"{name}*2")
    assert times == 2
    assert fault in (Fault.CUT_STREAM, Fault.NO_USAGE, Fault.EDGE_TIMEOUT)


def test_http_200_can_be_an_error_and_nothing_else(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, CLAUDE, fault="error_200")
    assert reply.status_code == 200
    assert set(reply.json()) == {"error", "user_id"}
    assert billed(simulator, reply)["cost_usd"] == "0"


def test_an_error_inside_a_choice_comes_with_partial_content_and_is_free(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, CLAUDE, fault="choice_error")
    (choice,) = reply.json()["choices"]
    assert choice["finish_reason"] == "error"
    assert choice["error"]["metadata"]["error_type"] == "provider_unavailable"
    assert "usage" not in reply.json()
    assert billed(simulator, reply)["cost_usd"] == "0"
    record = generation_of(client, reply.headers["X-Generation-Id"])
    assert record["total_cost"] == 0
    assert record["finish_reason"] == "error"


@pytest.mark.parametrize("is_streamed", [False, True])
def test_usage_can_be_missing_and_is_found_by_the_generation_id(
    simulator: RunningSimulator, client: httpx.Client, is_streamed: bool
) -> None:
    reply = ask(client, CLAUDE, fault="no_usage", stream=is_streamed)
    assert '"usage"' not in reply.text
    assert billed_usd(simulator, reply) > 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat/completions", chat_body(CLAUDE)),
        ("/chat/completions", chat_body(FLASH_IMAGE, modalities=["image"])),
        ("/images", {"model": "bytedance-seed/seedream-4.5", "prompt": "A heron"}),
        ("/embeddings", {"model": "qwen/qwen3-embedding-4b", "input": "A heron"}),
    ],
)
@pytest.mark.parametrize("fault", ["stall", "cut_stream"])
def test_a_reply_that_does_not_get_through_is_charged_in_full(
    simulator: RunningSimulator,
    twin: RunningSimulator,
    path: str,
    body: dict[str, Any],
    fault: str,
) -> None:
    with client_of(simulator) as client, client_of(twin) as undisturbed:
        body = body | {"user": fault}
        generation_id = _lost(client, path, body, fault)
        whole = undisturbed.post(path, json=body)
    row = billed_id(simulator, generation_id)
    assert row["cost_usd"] == billed(twin, whole)["cost_usd"] != "0"


def test_a_client_that_gives_up_on_a_slow_model_pays_for_the_answer(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    headers = {"X-Simulate-Latency": "600"}
    request = client.build_request(
        "POST", "/chat/completions", json=chat_body(CLAUDE), headers=headers, timeout=0.2
    )
    reply = client.send(request, stream=True)
    with pytest.raises(httpx.ReadTimeout):
        reply.read()
    assert billed_usd(simulator, reply) > 0


def test_a_silent_stall_sends_no_headers_and_is_billed(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    charged_count = len(simulator.bill()["generations"])
    headers = {"X-Simulate-Fault": "silent_stall"}
    with pytest.raises(httpx.ReadTimeout):
        client.post("/chat/completions", json=chat_body(FLASH), headers=headers, timeout=0.2)
    new = simulator.bill()["generations"][charged_count:]
    assert [row["cost_usd"] == "0" for row in new] == [False]


def test_chance_faults_grow_with_their_level_and_spare_the_third_try() -> None:
    def count_of(level: str, ordinal: int) -> int:
        draws = [Draw.of(number) for number in range(600)]
        return sum(
            random_fault(level, kind, draw, ordinal) is not None
            for draw in draws
            for kind in CallKind
        )

    assert 0 == count_of("none", 0) < count_of("some", 0) < count_of("many", 0)
    assert count_of("many", 2) == 0


def test_a_chance_fault_is_free_or_leaves_its_generation_id() -> None:
    now = SimulatorConfig().clock()
    draws = [Draw.of(number) for number in range(3000)]
    faults = {random_fault("many", kind, draw, 0) for draw in draws for kind in CallKind} - {None}
    refusals = [refusal_for(fault, CLAUDE, draws[0], now) for fault in faults if fault]
    assert {refusal.status for refusal in refusals if refusal} == {402, 429, 503}
    assert Fault.SILENT_STALL not in faults
    assert {Fault.CUT_STREAM, Fault.STALL, Fault.ERROR_200, Fault.ERROR_MID_STREAM} <= faults


def test_an_unknown_level_of_faults_is_refused() -> None:
    with pytest.raises(UsageError, match="none, some, many"), running_simulator(faults="lots"):
        pass


def _lost(client: httpx.Client, path: str, body: dict[str, Any], fault: str) -> str:
    headers = {"X-Simulate-Fault": fault}
    with (
        client.stream("POST", path, json=body, headers=headers, timeout=0.2) as reply,
        pytest.raises((httpx.RemoteProtocolError, httpx.ReadTimeout)),
    ):
        reply.read()
    return str(reply.headers["X-Generation-Id"])


def _shape(value: object) -> object:
    """The names in a body, without what stands under them."""
    if isinstance(value, dict):
        # Times and amounts differ; `retry_after_seconds_raw` was seen once.
        return {n: _shape(v) for n, v in value.items() if n != "retry_after_seconds_raw"}
    return type(value).__name__
