"""`/responses` and `/messages`: one answer in other words, whole and as events."""

import json
from typing import Any

import httpx
import pytest

from ingest.simulator import RunningSimulator
from tests.simulator.endpoints import ENDPOINTS, TEXT
from tests.simulator.exchanges import CLAUDE, FLASH, NANO, billed, chunks_of


def stream(client: httpx.Client, name: str, fault: str = "", **more: Any) -> str:
    asked = ENDPOINTS[f"{name} streamed"]
    headers = {"X-Simulate-Fault": fault} if fault else {}
    return client.post(asked.path, json=asked.content["json"] | more, headers=headers).text


def test_the_events_of_a_response_are_numbered_and_end_with_all_of_it(client: httpx.Client) -> None:
    text = stream(client, "responses")
    events = chunks_of(text)
    assert text.endswith("data: [DONE]\n\n")
    assert [event["sequence_number"] for event in events] == [*range(len(events))]
    assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.completed"]
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    (item,) = events[-1]["response"]["output"]
    assert "".join(deltas) == item["content"][0]["text"]
    assert "cost_details" in events[-1]["response"]["usage"]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_response_that_reached_its_limit_is_incomplete(
    client: httpx.Client, is_streamed: bool
) -> None:
    body = {"model": CLAUDE, "input": TEXT, "max_output_tokens": 8, "stream": is_streamed}
    reply = client.post("/responses", json=body)
    response = chunks_of(reply.text)[-1]["response"] if is_streamed else reply.json()
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}


def test_a_response_takes_messages_images_and_instructions(client: httpx.Client) -> None:
    parts = [{"type": "input_text", "text": TEXT}, {"type": "input_image", "image_url": "data:,"}]
    asked = {"model": CLAUDE, "input": [{"role": "user", "content": parts}]}
    alone = client.post("/responses", json=asked).json()["usage"]["input_tokens"]
    more = client.post("/responses", json=asked | {"instructions": "Be brief, and kind to all."})
    assert more.json()["usage"]["input_tokens"] > alone > 258


@pytest.mark.parametrize(
    ("fault", "last"), [("error_mid_stream", "error"), ("error_with_usage", "response.failed")]
)
def test_a_failed_response_is_told_by_an_event_and_free(
    simulator: RunningSimulator, client: httpx.Client, fault: str, last: str
) -> None:
    event = chunks_of(stream(client, "responses", fault))[-1]
    assert event["type"] == last
    assert (event.get("response", {}).get("usage") is not None) == (fault == "error_with_usage")
    assert simulator.bill()["generations"][-1]["cost_usd"] == "0"


def test_a_response_can_fail_with_http_200(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    asked = ENDPOINTS["responses"]
    headers = {"X-Simulate-Fault": "choice_error"}
    reply = client.post(asked.path, headers=headers, **asked.content)
    assert (reply.json()["status"], reply.json()["error"]["code"]) == ("failed", "server_error")
    assert billed(simulator, reply)["cost_usd"] == "0"


def test_the_events_of_a_message_are_named_and_say_no_cost(client: httpx.Client) -> None:
    lines = [line for line in stream(client, "messages").splitlines() if line]
    names = [line[7:] for line in lines if line.startswith("event: ")]
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert names == [event["type"] for event in events]
    assert [names[0], *names[-2:]] == ["message_start", "message_delta", "message_stop"]
    assert events[-2]["usage"]["output_tokens"] > 0
    assert events[-2]["delta"]["stop_reason"] == "end_turn"
    assert not any("cost" in json.dumps(event) for event in events)


def test_a_message_that_fails_in_mid_stream_ends_with_an_error(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    last = chunks_of(stream(client, "messages", "error_mid_stream"))[-1]
    assert (last["type"], last["error"]["type"]) == ("error", "api_error")
    assert simulator.bill()["generations"][-1]["status"] == "failed"


@pytest.mark.parametrize("model", [CLAUDE, FLASH, NANO])
def test_input_tokens_of_a_message_leave_out_what_a_cache_held(
    client: httpx.Client, model: str
) -> None:
    usages = []
    for number in range(12):
        text = f"{number} of {TEXT} " * 100
        body = {"model": model, "cache_control": {"type": "ephemeral"}}
        message = {"role": "user", "content": [{"type": "text", "text": text}]}
        reply = client.post("/messages", json=body | {"messages": [message]})
        usages.append((reply.json()["usage"], reply.headers["X-Generation-Id"]))
    cached = [usage for usage, _ in usages if usage["cache_read_input_tokens"]]
    assert cached
    assert all(usage["input_tokens"] < usage["cache_read_input_tokens"] for usage in cached)
