"""A reply gives what was paid for, and an error inside it is an error to its caller."""

import base64
import json
import os
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.errors import GenerationFailed, NoAnswer, OpenRouterError, UsageError
from ingest.openrouter.client import OpenRouter
from ingest.recording.attribution import attribute
from ingest.recording.recorder import Recorder
from tests.landed import landed, landed_call
from tests.recording.calls import JSON, SSE, answering
from tests.wire import bodies

PNG = b"\x89PNG\r\n\x1a\n"
DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def client(recorder: Recorder, body: bytes | Any, headers: dict[str, str] = JSON) -> OpenRouter:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    transport = httpx.MockTransport(answering(content, headers))
    return OpenRouter("sk-or-v1-test", recorder=recorder, transport=transport)


def test_a_chat_reply_gives_text_usage_and_cost(recorder: Recorder, home: Path) -> None:
    with client(recorder, bodies.CHAT) as openrouter, attribute(ebook_id="forest"):
        reply = openrouter.chat(model="openai/gpt-5-nano", messages=[], max_tokens=5)
        openrouter.accept(reply)
    assert reply.text == 'Ein Fuchs — größer als "usage": {}'
    assert reply.cost_usd == reply.usage.reported_cost_usd == Decimal("0.0076509169000000005")
    assert (reply.model, reply.finish_reason) == ("openai/gpt-5-nano-2025-08-07", "stop")
    assert reply.document["usage"]["a_key_of_tomorrow"] == [Decimal("1.50"), None]
    recorder.close()
    row = landed_call(home)
    assert (row["ebook_id"], row["operation_id"]) == ("forest", reply.operation_id)
    assert row["generation_id"] == reply.generation_id
    (outcome,) = landed(home, "outcomes")
    assert (outcome["operation_id"], outcome["outcome"]) == (reply.operation_id, "accepted")


def test_images_come_as_bytes_from_images_and_through_chat(recorder: Recorder) -> None:
    images = {"data": [{"b64_json": base64.b64encode(PNG).decode()}], "usage": {"cost": 0.04}}
    with client(recorder, images) as openrouter:
        assert openrouter.image(model="a/b", prompt="a fox").images == (PNG,)
    links = [{"image_url": {"url": url}} for url in (DATA_URL, "https://example.com/a.png")]
    chat = {"choices": [{"message": {"content": None, "images": [*links, {}, 7]}}]}
    with client(recorder, chat) as openrouter:
        reply = openrouter.image(model="a/b", prompt="a fox", through="chat")
    assert (reply.images, reply.text, reply.cost_usd) == ((PNG,), "", None)


def test_what_is_odd_in_a_paid_reply_costs_the_caller_nothing_of_the_rest(
    recorder: Recorder,
) -> None:
    odd = {
        "choices": [{"message": {"content": ["x"], "images": [{"image_url": {"url": 7}}]}}, 3],
        "data": [{"b64_json": None}, {"b64_json": "A"}, "b64_json", {"embedding": None}],
    }
    with client(recorder, odd) as openrouter:
        reply = openrouter.chat(model="a/b", messages=[])
    assert (reply.text, reply.images, reply.vectors) == ("", (), ())


def test_embeddings_come_as_numbers_in_either_encoding(recorder: Recorder) -> None:
    packed = base64.b64encode(struct.pack("<2f", 0.5, -2)).decode()
    with client(
        recorder, {"data": [{"embedding": [0.5, -2]}, {"embedding": packed}]}
    ) as openrouter:
        assert openrouter.embed(model="a/b", input="a fox").vectors == ((0.5, -2.0), (0.5, -2.0))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (bodies.ERROR_IN_200, "ended it with the error '502'"),
        (bodies.ERROR_IN_CHOICE, "ended it with the error 'server_error'"),
        (b"<html>", "not a JSON object"),
        (b"", "not a JSON object"),
        (b"\xff", "not a JSON object"),
    ],
)
def test_an_error_inside_status_200_is_an_error(
    recorder: Recorder, home: Path, body: bytes, sentence: str
) -> None:
    with client(recorder, body) as openrouter, pytest.raises(GenerationFailed) as failed:
        openrouter.chat(model="a/b", messages=[])
    assert sentence in str(failed.value)
    assert failed.value.generation_id == "gen-1-fromTheHeader"
    recorder.close()
    assert landed_call(home)["operation_id"] == failed.value.operation_id


def test_a_spoilt_body_is_no_answer(recorder: Recorder) -> None:
    gzip = {**JSON, "content-encoding": "gzip"}
    with client(recorder, b"not gzip", gzip) as openrouter, pytest.raises(NoAnswer):
        openrouter.chat(model="a/b", messages=[])


def test_a_stream_gives_its_text_and_then_its_reply(recorder: Recorder, home: Path) -> None:
    with client(recorder, bodies.STREAM, SSE) as openrouter:
        stream = openrouter.chat(model="a/b", messages=[], stream=True)
        with pytest.raises(UsageError, match="iterate over it"):
            _ = stream.reply
        assert list(stream) == ["größer — ", "🦊"]
        assert (stream.reply.text, stream.reply.finish_reason) == ("größer — 🦊", "stop")
        assert stream.reply.cost_usd == Decimal("0.0076509169000000005")
        openrouter.reject(stream, "too long")
    recorder.close()
    assert landed_call(home)["status"] == "succeeded"
    assert landed(home, "outcomes")[0]["reason"] == "too long"


def test_a_stream_left_early_is_cancelled_and_keeps_what_came(
    recorder: Recorder, home: Path
) -> None:
    with client(recorder, bodies.STREAM, SSE) as openrouter:
        stream = openrouter.chat(model="a/b", messages=[], stream=True)
        for text in stream:
            assert text == "größer — "
            break
        assert (stream.reply.text, stream.reply.cost_usd) == ("größer — ", None)
    recorder.close()
    assert landed_call(home)["status"] == "cancelled"


@pytest.mark.parametrize(
    "end", [bodies.ERROR_CHUNK, bodies.ERROR_CHUNK_WITH_USAGE + bodies.DONE, b"", b'{"error":{}}']
)
def test_a_stream_that_ends_badly_gives_its_text_and_then_an_error(
    recorder: Recorder, end: bytes
) -> None:
    with client(recorder, b"".join(bodies.TEXT_CHUNKS) + end, SSE) as openrouter:
        stream = openrouter.chat(model="a/b", messages=[], stream=True)
        with pytest.raises(GenerationFailed) as failed:
            list(stream)
    assert failed.value.operation_id == stream.operation_id
    assert stream.reply.text == "größer — 🦊"


@pytest.mark.skipif("OPENROUTER_API_KEY" in os.environ, reason="a key is set")
def test_a_missing_key_is_asked_for_in_a_sentence(recorder: Recorder) -> None:
    for missing in (None, "", " \n"):
        with pytest.raises(UsageError) as refused:
            OpenRouter(missing, recorder=recorder)
        assert str(refused.value) == "No API key: set OPENROUTER_API_KEY or pass api_key."


def test_a_client_with_an_address_of_its_own_is_recorded_all_the_same(
    recorder: Recorder, home: Path
) -> None:
    transport = httpx.MockTransport(answering(bodies.CHAT))
    with OpenRouter(
        "key", base_url="http://127.0.0.1:9/v1", recorder=recorder, transport=transport
    ) as openrouter:
        openrouter.chat(model="a/b", messages=[])
    recorder.close()
    assert landed_call(home)["endpoint"] == "chat/completions"


def test_what_cannot_be_recorded_is_refused_in_a_sentence(recorder: Recorder, home: Path) -> None:
    with pytest.raises(UsageError) as refused:
        recorder.record_outcome("operation", "maybe")  # type: ignore[arg-type]
    assert str(refused.value).startswith("Not recorded in outcomes: outcome: Input should be")
    with pytest.raises(UsageError, match=r"list_price_usd.*never a float"):
        recorder.describe_ebook("forest", list_price_usd=9.99)
    with pytest.raises(UsageError, match="has no id"):
        OpenRouter("key", recorder=recorder).accept(OpenRouterError("no"))
    recorder.describe_ebook("forest", title="Im Wald", list_price_usd=Decimal("9.99"))
    recorder.close()
    assert landed(home, "ebooks")[0]["list_price_usd"] == Decimal("9.99")
