"""Chats that are answered whole: ids, names, contents, and refusals of bad requests."""

import base64
import io
import json
import re
import struct
import zlib
from typing import Any

import httpx
import pytest

from ingest.simulator import RunningSimulator
from tests.simulator.exchanges import (
    CLAUDE,
    FLASH,
    FLASH_IMAGE,
    NANO,
    ask,
    billed,
    chat_body,
    usage_of,
)


def test_a_reply_carries_its_generation_id_in_header_and_body(client: httpx.Client) -> None:
    reply = ask(client, CLAUDE)
    assert re.fullmatch(r"gen-\d{10}-\w{20}", reply.json()["id"])
    assert reply.headers["X-Generation-Id"] == reply.json()["id"]
    assert reply.headers["X-Provider-Name"] == reply.json()["provider"] == "Anthropic"
    assert reply.headers["Content-Type"] == "application/json"


def test_the_same_request_twice_is_two_generations(client: httpx.Client) -> None:
    replies = [ask(client, CLAUDE, text="An outline, please") for _ in range(2)]
    assert len({reply.json()["id"] for reply in replies}) == 2


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        (CLAUDE, "anthropic/claude-4.6-sonnet-20260217"),
        (NANO, "openai/gpt-5-nano-2025-08-07"),
        (FLASH, FLASH),
        (CLAUDE + ":nitro", "anthropic/claude-4.6-sonnet-20260217"),
    ],
)
def test_the_reply_names_the_dated_model(client: httpx.Client, asked: str, served: str) -> None:
    assert ask(client, asked).json()["model"] == served


def test_a_fallback_is_billed_at_the_model_that_served(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, CLAUDE, models=[FLASH], fault="fallback")
    assert reply.json()["model"] == billed(simulator, reply)["model"] == FLASH
    assert billed(simulator, reply)["requested_model"] == CLAUDE


def test_the_router_picks_a_model_that_has_a_price(client: httpx.Client) -> None:
    reply = client.post("/chat/completions", json={"messages": [{"role": "user", "content": "x"}]})
    assert reply.json()["model"] != "openrouter/auto"


def test_cached_and_reasoning_tokens_are_inside_their_totals(client: httpx.Client) -> None:
    usages = [usage_of(ask(client, NANO, text=f"{n} " + "moss " * 300)) for n in range(20)]
    detailed = [usage for usage in usages if "prompt_tokens_details" in usage]
    for usage in detailed:
        assert usage["prompt_tokens_details"]["cached_tokens"] <= usage["prompt_tokens"]
        reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
        assert 0 < reasoning < usage["completion_tokens"]
    assert any(usage["prompt_tokens_details"]["cached_tokens"] for usage in detailed)


def test_an_explicit_cache_is_written_and_read(client: httpx.Client) -> None:
    text = {"type": "text", "text": "fern " * 400, "cache_control": {"type": "ephemeral"}}
    message = {"role": "user", "content": [text]}
    details = []
    for number in range(20):
        reply = ask(client, CLAUDE, messages=[message], user=f"reader-{number}")
        details.append(usage_of(reply).get("prompt_tokens_details", {}))
    assert any(detail.get("cache_write_tokens") for detail in details)
    assert any(detail.get("cached_tokens") for detail in details)


def test_gemini_reports_the_same_tokens_as_read_and_written(client: httpx.Client) -> None:
    usages = [usage_of(ask(client, FLASH, text=f"{n} " + "fern " * 300)) for n in range(12)]
    cached = [usage for usage in usages if _cached(usage)]
    assert cached
    for usage in cached:
        details = usage["prompt_tokens_details"]
        assert details["cached_tokens"] == details["cache_write_tokens"]


def test_a_request_for_page_prompts_gets_as_many_as_json(client: httpx.Client) -> None:
    reply = ask(client, FLASH, text='Give me 24 page prompts for "Forest animals" as JSON.')
    answer = json.loads(_content(reply))
    assert answer["title"] == "Forest animals"
    assert len(answer["prompts"]) == 24
    assert all(isinstance(prompt, str) for prompt in answer["prompts"])


def test_a_request_for_the_prompt_of_one_page_gets_that_page(client: httpx.Client) -> None:
    reply = ask(client, FLASH, text="Write the drawing prompt of page 7 of 'Shy otters'.")
    assert _content(reply).startswith("Page 7: ")


@pytest.mark.parametrize(
    ("request_text", "title"),
    [
        ("Outline a colouring book called 'Shy otters' with 12 pages.", "Shy otters"),
        ("Outline a book about shy otters for small children.", "Shy otters"),
        ("Outline a book.", "A walk in the wood"),
        ('Outline a book called "   ".', "A walk in the wood"),
    ],
)
def test_an_outline_is_headed_by_what_it_was_asked_for(
    client: httpx.Client, request_text: str, title: str
) -> None:
    assert _content(ask(client, FLASH, text=request_text)).startswith(f"{title} — an outline")


def test_a_quality_check_rejects_about_one_page_in_seven(client: httpx.Client) -> None:
    verdicts = [_verdict(client, number) for number in range(120)]
    assert all(verdict["reason"] for verdict in verdicts)
    assert 8 <= sum(not verdict["accepted"] for verdict in verdicts) <= 30


def test_an_answer_ends_at_its_token_limit(client: httpx.Client) -> None:
    reply = ask(client, FLASH, max_tokens=10)
    assert reply.json()["choices"][0]["finish_reason"] == "length"
    assert usage_of(reply)["completion_tokens"] == 10


def test_an_image_comes_as_a_real_png_in_a_data_url(client: httpx.Client) -> None:
    reply = ask(client, FLASH_IMAGE, modalities=["image", "text"])
    (image,) = reply.json()["choices"][0]["message"]["images"]
    prefix, _, content = image["image_url"]["url"].partition(",")
    assert prefix == "data:image/png;base64"
    assert _pixel_count(base64.b64decode(content)) == 192 * 192


def test_image_tokens_are_inside_the_completion_and_have_their_own_price(
    client: httpx.Client,
) -> None:
    replies = [ask(client, FLASH_IMAGE, modalities=["image"]) for _ in range(4)]
    usage = next(u for u in map(usage_of, replies) if "completion_tokens_details" in u)
    assert usage["completion_tokens_details"]["image_tokens"] == 1290
    assert float(usage["cost"]) > 1290 * 30e-6


def test_images_come_without_id_model_or_provider(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    body = {"model": "bytedance-seed/seedream-4.5", "prompt": "A fox", "n": 3}
    reply = client.post("/images", json=body)
    assert set(reply.json()) == {"created", "data", "usage"}
    assert re.fullmatch(r"gen-img-\d{10}-\w{20}", reply.headers["X-Generation-Id"])
    assert billed(simulator, reply)["cost_usd"] == "0.12"
    for picture in reply.json()["data"]:
        assert _pixel_count(base64.b64decode(picture["b64_json"])) == 192 * 192


def test_an_image_by_the_megapixel_costs_by_its_size(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    body = {
        "model": "black-forest-labs/flux.2-pro",
        "prompt": "A fox",
        "resolution": "2K",
        "input_references": [{"type": "image_url"}],
    }
    assert billed(simulator, client.post("/images", json=body))["cost_usd"] == "0.135"


def test_embeddings_name_the_model_as_its_provider_does(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    body = {"model": "qwen/qwen3-embedding-4b", "input": ["hello you there, fox"]}
    reply = client.post("/embeddings", json=body)
    assert reply.json()["model"] == "Qwen/Qwen3-Embedding-4B"
    assert re.fullmatch(r"gen-emb-\d{10}-\w{20}", reply.json()["id"])
    assert billed(simulator, reply)["cost_usd"] == "0.0000001"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "not valid JSON"),
        (b'{"model": "x"}', 400, "messages"),
        (b'{"model": "acme/fake-1", "messages": [{"role": "user"}]}', 400, "acme/fake-1"),
        (
            b'{"model": "qwen/qwen3-embedding-4b", "messages": [{"role": "user"}]}',
            404,
            "No endpoints found",
        ),
    ],
)
def test_a_bad_request_is_refused_with_a_reason_and_is_free(
    simulator: RunningSimulator, client: httpx.Client, body: bytes, status: int, says: str
) -> None:
    before = simulator.bill()
    reply = client.post("/chat/completions", content=body)
    assert reply.status_code == reply.json()["error"]["code"] == status
    assert says in reply.json()["error"]["message"]
    assert simulator.bill() == before


def test_without_a_key_nothing_is_answered(simulator: RunningSimulator) -> None:
    reply = httpx.post(simulator.base_url + "/chat/completions", json=chat_body(CLAUDE))
    assert reply.status_code == 401
    assert reply.json() == {"error": {"message": "Missing Authentication header", "code": 401}}


def test_an_unknown_address_is_answered_in_openrouters_form(client: httpx.Client) -> None:
    assert client.get("/nowhere").json()["error"]["code"] == 404


def _content(reply: httpx.Response) -> str:
    return str(reply.json()["choices"][0]["message"]["content"])


def _verdict(client: httpx.Client, number: int) -> dict[str, Any]:
    text = {"type": "text", "text": f"Judge the quality of page {number}; answer in JSON."}
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    reply = ask(client, FLASH, messages=[{"role": "user", "content": [text, image]}])
    return dict(json.loads(_content(reply)))


def _cached(usage: dict[str, Any]) -> int:
    return int(usage.get("prompt_tokens_details", {}).get("cached_tokens", 0))


def _pixel_count(png: bytes) -> int:
    """The number of pixels, after reading every chunk and its checksum."""
    stream = io.BytesIO(png)
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    while head := stream.read(8):
        length, kind = struct.unpack(">I4s", head)
        chunks[kind] = stream.read(length)
        assert stream.read(4) == struct.pack(">I", zlib.crc32(kind + chunks[kind]))
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + width // 8)
    return int(width * height)
