"""Streams: their forms, their accidents, and what they cost when they break off."""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest.simulator import RunningSimulator
from tests.simulator.conftest import client_of
from tests.simulator.exchanges import (
    CLAUDE,
    FLASH,
    FLASH_IMAGE,
    NANO,
    ask,
    billed,
    billed_id,
    billed_usd,
    chat_body,
    chunks_of,
    generation_of,
    usage_of,
)


def test_a_stream_ends_with_usage_after_the_finish_reason_and_done(client: httpx.Client) -> None:
    reply = ask(client, CLAUDE, stream=True)
    chunks = chunks_of(reply.text)
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert reply.text.endswith("data: [DONE]\n\n")
    assert ["usage" in chunk for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert _finish_reasons(chunks[:-1])[-1] == "stop"
    assert {chunk["id"] for chunk in chunks} == {reply.headers["X-Generation-Id"]}
    assert {chunk["model"] for chunk in chunks} == {"anthropic/claude-4.6-sonnet-20260217"}


def test_the_headers_of_a_stream_come_before_its_body(client: httpx.Client) -> None:
    with _slow_stream(client, CLAUDE, seconds=600) as reply:
        assert reply.headers["X-Generation-Id"].startswith("gen-")


@pytest.mark.parametrize(
    ("form", "choices"),
    [
        ("usage_without_choices", []),
        ("usage_empty_delta", [None]),
        ("usage_repeats_finish", ["stop"]),
    ],
)
def test_the_usage_chunk_has_each_of_its_three_forms(
    client: httpx.Client, form: str, choices: list[str | None]
) -> None:
    last = chunks_of(ask(client, CLAUDE, stream=True, fault=form).text)[-1]
    assert last["usage"]["cost"] > 0
    assert [choice["finish_reason"] for choice in last["choices"]] == choices


def test_streams_have_comments_and_some_repeat_their_finish(client: httpx.Client) -> None:
    texts = [ask(client, CLAUDE, stream=True).text for _ in range(12)]
    assert any(text.startswith(": OPENROUTER PROCESSING\n\n") for text in texts)
    finish_counts = {len(_finish_reasons(chunks_of(text)[:-1])) for text in texts}
    assert finish_counts == {1, 2}


def test_portions_break_inside_json_and_inside_characters(client: httpx.Client) -> None:
    with client.stream("POST", "/chat/completions", json=chat_body(CLAUDE, stream=True)) as reply:
        portions = list(reply.iter_raw())
    assert any(not portion.endswith(b"\n\n") for portion in portions)
    assert any(_breaks_a_character(portion) for portion in portions)
    assert "—" in b"".join(portions).decode()


def test_a_debug_chunk_comes_first_when_it_is_asked_for(client: httpx.Client) -> None:
    reply = ask(client, CLAUDE, stream=True, debug={"echo_upstream_body": True})
    first = chunks_of(reply.text)[0]
    assert first["choices"] == []
    assert "debug" in first


def test_a_streamed_answer_says_and_shows_what_a_whole_one_does(client: httpx.Client) -> None:
    chunks = chunks_of(ask(client, FLASH_IMAGE, stream=True, modalities=["image"]).text)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta["content"] for delta in deltas).startswith("Here is")
    (images,) = [delta["images"] for delta in deltas if "images" in delta]
    assert images[0]["image_url"]["url"].startswith("data:image/png;base64,")


def test_a_cut_stream_is_charged_for_what_was_produced(
    simulator: RunningSimulator, twin: RunningSimulator
) -> None:
    costs = [_cut_and_whole_usd(simulator, twin, CLAUDE, f"otters {n}") for n in range(12)]
    assert all(cut_usd <= whole_usd for cut_usd, whole_usd in costs)
    assert any(0 < cut_usd < whole_usd for cut_usd, whole_usd in costs)


def test_a_cut_stream_of_a_provider_that_goes_on_is_charged_in_full(
    simulator: RunningSimulator, twin: RunningSimulator
) -> None:
    costs = [_cut_and_whole_usd(simulator, twin, FLASH, f"otters {n}") for n in range(6)]
    assert all(cut_usd == whole_usd > 0 for cut_usd, whole_usd in costs)


def test_a_broken_stream_has_settled_tokens_for_the_words_that_were_sent(
    client: httpx.Client,
) -> None:
    for number in range(6):
        body = chat_body(CLAUDE, f"herons {number}", stream=True)
        generation_id, text = _broken(client, "/chat/completions", body, "stall")
        record = generation_of(client, generation_id)
        assert record["native_tokens_completion"] == math.ceil(len(_said(text)) / 4)


def test_a_stream_that_a_client_leaves_is_charged_for_what_was_produced(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    whole_usd = billed_usd(simulator, ask(client, CLAUDE, stream=True, text="On voles"))
    with _slow_stream(client, CLAUDE, seconds=1, text="On otters") as reply:
        _read_some_content(reply.iter_text())
    row = _wait_for_bill(simulator, reply)
    assert row["status"] == "cancelled"
    assert 0 < Decimal(row["cost_usd"]) < whole_usd
    record = generation_of(client, row["id"])
    assert record["cancelled"] is True
    assert record["finish_reason"] is None


def test_a_stream_left_before_its_first_word_is_free(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    with _slow_stream(client, CLAUDE, seconds=20) as reply:
        pass
    assert _wait_for_bill(simulator, reply)["cost_usd"] == "0"


def test_an_error_in_mid_stream_ends_it_without_usage_and_is_free(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, NANO, stream=True, fault="error_mid_stream")
    chunks = chunks_of(reply.text)
    assert chunks[-1]["error"]["metadata"]["error_type"] == "provider_unavailable"
    assert chunks[-1]["choices"][0]["finish_reason"] == "error"
    assert not any("usage" in chunk for chunk in chunks)
    assert "[DONE]" not in reply.text
    assert billed(simulator, reply)["status"] == "failed"
    assert billed(simulator, reply)["cost_usd"] == "0"


def test_an_error_can_carry_usage_and_be_followed_by_the_end(client: httpx.Client) -> None:
    reply = ask(client, NANO, stream=True, fault="error_with_usage")
    last = chunks_of(reply.text)[-1]
    assert last["error"]["code"] == 400
    assert last["choices"][0]["finish_reason"] is None
    assert last["usage"]["cost"] == 0
    assert reply.text.endswith("data: [DONE]\n\n")


def test_a_failed_stream_still_pays_for_its_web_search(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, NANO, stream=True, plugins=[{"id": "web"}], fault="error_with_usage")
    assert billed(simulator, reply)["cost_usd"] == "0.007"
    assert usage_of(reply)["cost"] == Decimal("0.007")


def test_a_stalled_stream_keeps_silent_until_its_client_leaves(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    headers = {"X-Simulate-Fault": "stall"}
    body = chat_body(FLASH, stream=True)
    with (
        client.stream(
            "POST", "/chat/completions", json=body, headers=headers, timeout=0.3
        ) as reply,
        pytest.raises(httpx.ReadTimeout),
    ):
        reply.read()
    assert billed_usd(simulator, reply) > 0


def test_streamed_images_end_with_usage_and_cost_nothing_when_cut(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    body = {"model": "bytedance-seed/seedream-4.5", "prompt": "A fox", "stream": True}
    reply = client.post("/images", json=body)
    chunks = chunks_of(reply.text)
    assert [chunk["type"].partition(".")[2] for chunk in chunks] == ["partial_image", "completed"]
    assert chunks[-1]["usage"]["cost"] == Decimal(billed(simulator, reply)["cost_usd"])
    generation_id, _ = _broken(client, "/images", body, "cut_stream")
    assert billed_id(simulator, generation_id)["cost_usd"] == "0"


def _cut_and_whole_usd(
    simulator: RunningSimulator, twin: RunningSimulator, model: str, text: str
) -> tuple[Decimal, Decimal]:
    """What a stream cost that was cut, and what the same stream costs that was not."""
    body = chat_body(model, text, stream=True)
    with client_of(simulator) as client, client_of(twin) as undisturbed:
        generation_id, _ = _broken(client, "/chat/completions", body, "cut_stream")
        assert generation_of(client, generation_id)["cancelled"] is True
        whole = undisturbed.post("/chat/completions", json=body)
    return Decimal(billed_id(simulator, generation_id)["cost_usd"]), billed_usd(twin, whole)


def _broken(
    client: httpx.Client, path: str, body: dict[str, object], fault: str
) -> tuple[str, str]:
    """The generation id of a stream that breaks off, and the text that came until then."""
    headers = {"X-Simulate-Fault": fault}
    portions: list[bytes] = []
    with (
        client.stream("POST", path, json=body, headers=headers, timeout=0.2) as reply,
        pytest.raises((httpx.RemoteProtocolError, httpx.ReadTimeout)),
    ):
        portions.extend(reply.iter_raw())
    return reply.headers["X-Generation-Id"], b"".join(portions).decode(errors="replace")


def _said(text: str) -> str:
    choices = [choice for chunk in chunks_of(text) for choice in chunk["choices"]]
    return "".join(choice["delta"]["content"] for choice in choices)


def _slow_stream(
    client: httpx.Client, model: str, seconds: int, text: str = ""
) -> AbstractContextManager[httpx.Response]:
    headers = {"X-Simulate-Latency": str(seconds)}
    body = chat_body(model, text, stream=True)
    return client.stream("POST", "/chat/completions", json=body, headers=headers)


def _read_some_content(portions: Iterator[str]) -> None:
    text = ""
    while text.count('"content":"') < 3:
        text += next(portions)


def _wait_for_bill(simulator: RunningSimulator, reply: httpx.Response) -> dict[str, Any]:
    """The row of a stream that was left; the server notices a little later."""
    generation_id = reply.headers["X-Generation-Id"]
    while generation_id not in str(simulator.bill()):
        time.sleep(0.01)
    return billed(simulator, reply)


def _finish_reasons(chunks: list[dict[str, Any]]) -> list[str]:
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return [choice["finish_reason"] for choice in choices if choice["finish_reason"]]


def _breaks_a_character(portion: bytes) -> bool:
    try:
        portion.decode()
    except UnicodeDecodeError:
        return True
    return False
