"""A request is known as OpenRouter's by its host, and as billable by its path."""

import hashlib

import httpx
import pytest

from ingest.wire.request import OpenRouterAddress, RequestFacts, read_request

OPENROUTER = OpenRouterAddress("https://openrouter.ai/api/v1")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://openrouter.ai/api/v1/chat/completions", "chat/completions"),
        ("https://openrouter.ai:443/api/v1/images/", "images"),
        ("https://eu.openrouter.ai/api/v1/responses", "responses"),
        (
            "https://OPENROUTER.ai/api/v1/presets/mine/chat/completions",
            "presets/mine/chat/completions",
        ),
        ("https://openrouter.ai/api/alpha/decisions", "api/alpha/decisions"),
        ("https://openrouter.ai/api/v1/keys", None),
        ("https://openrouter.ai/api/v1/analytics/query", None),
        ("https://openrouter.ai/api/v1/private-endpoints/7/enable", None),
        ("https://openrouter.ai.example/api/v1/chat/completions", None),
        ("https://notopenrouter.ai/api/v1/chat/completions", None),
        ("https://api.openai.com/v1/chat/completions", None),
        ("https://openrouter.ai:8443/api/v1/chat/completions", None),
    ],
)
def test_a_billable_call_is_told_by_host_and_path(url: str, endpoint: str | None) -> None:
    assert OPENROUTER.endpoint(httpx.Request("POST", url)) == endpoint
    assert OPENROUTER.endpoint(httpx.Request("GET", url)) is None


def test_another_address_is_known_beside_openrouters_own() -> None:
    address = OpenRouterAddress("http://127.0.0.1:4000/proxy/v1/")
    for url in (
        "http://127.0.0.1:4000/proxy/v1/chat/completions",
        "https://openrouter.ai/api/v1/chat/completions",
    ):
        assert address.endpoint(httpx.Request("POST", url)) == "chat/completions"
    elsewhere = httpx.Request("POST", "http://127.0.0.1:4001/proxy/v1/chat/completions")
    assert address.endpoint(elsewhere) is None


def test_model_stream_images_and_the_hash_of_the_key_are_read() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [{"type": "text", "text": "look"}, image, image]
    request = httpx.Request(
        "POST",
        "https://openrouter.ai/api/v1/chat/completions",
        headers={"Authorization": "bearer sk-or-v1-abc"},
        json={"model": "a/b", "stream": True, "messages": [{"role": "user", "content": content}]},
    )
    assert read_request(request, "chat/completions") == RequestFacts(
        endpoint="chat/completions",
        api_key_hash=hashlib.sha256(b"sk-or-v1-abc").hexdigest(),
        requested_model="a/b",
        is_streamed=True,
        input_image_count=2,
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"a":1e99999999999999999999}',
        b"[" * 100_000,
        b'"\\ud800"',
        b"\xff",
    ],
)
def test_a_request_that_cannot_be_read_leaves_its_facts_unknown(body: bytes) -> None:
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/images", content=body)
    assert read_request(request, "images") == RequestFacts(endpoint="images")


def test_an_upload_that_streams_is_not_consumed() -> None:
    chunks = iter([b'{"model":', b'"a/b"}'])
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/images", content=chunks)
    assert read_request(request, "images") == RequestFacts(endpoint="images")
    assert request.read() == b'{"model":"a/b"}'


def test_odd_messages_and_models_are_unknown_not_errors() -> None:
    odd = b'{"model":"\\ud800","messages":[1,{"content":[2,{"type":"image_url"}]}]}'
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/x", content=odd)
    assert read_request(request, "x") == RequestFacts(
        endpoint="x", is_streamed=False, input_image_count=1
    )
