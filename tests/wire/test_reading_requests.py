"""A request is known as OpenRouter's by its host, and as billable by its path."""

import hashlib
import io
from typing import Any

import httpx
import httpx2
import pytest

from ingest.wire.request import OpenRouterAddress, RequestFacts, read_request

OPENROUTER = OpenRouterAddress("https://openrouter.ai/api/v1")


def unknown(endpoint: str, content: bytes = b"") -> RequestFacts:
    return RequestFacts(endpoint, None, None, None, None, None, content, False)


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
        ("https://openrouter.ai./api/v1/completions?beta=true", "completions"),
        ("https://openrouter.ai/api/v1//chat//completions/", "chat/completions"),
        ("https://openrouter.ai/api/v1/chat%2Fcompletions", "chat/completions"),
        ("http://openrouter.ai/api/v1//keys", None),
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


def test_a_base_that_leaves_out_the_version_names_the_same_calls() -> None:
    address = OpenRouterAddress("https://openrouter.ai/api")
    for path, endpoint in (("messages", "messages"), ("keys", None)):
        request = httpx.Request("POST", f"https://openrouter.ai/api/v1/{path}")
        assert address.endpoint(request) == endpoint


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"messages": [{"content": [{"type": "image_url"}, {"type": "text"}]}]}, 1),
        ({"messages": [{"content": [{"type": "image", "source": {}}]}]}, 1),
        (
            {
                "messages": [
                    {"content": [{"type": "tool_result", "content": [{"type": "image"}]}]},
                ]
            },
            1,
        ),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}] * 2}]}, 2),
        ({"input": [{"type": "function_call_output", "output": [{"type": "input_image"}]}]}, 1),
        ({"input": [{"content": [{"type": "image_url"}]}, "a fox"]}, 1),
        ({"input": "a fox", "input_references": [{}, {}], "frame_images": [{}]}, 3),
        ({"messages": [{"type": [], "content": "image_url", "output": {"type": "image"}}]}, 0),
    ],
    ids=lambda value: str(value)[:60],
)
def test_images_are_counted_at_every_endpoint(body: dict[str, object], count: int) -> None:
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/x", json=body)
    assert read_request(request, "x").input_image_count == count


def test_a_body_nested_without_end_hides_nothing_else() -> None:
    nested = b'{"model":"a/b","input":' + b'[{"content":' * 200 + b"1" + b"}]" * 200 + b"}"
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/x", content=nested)
    assert read_request(request, "x").requested_model == "a/b"


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_the_model_of_an_upload_is_read_and_the_upload_is_not(library: Any) -> None:
    sound = io.BytesIO(b"RIFF")
    request = library.Request(
        "POST",
        "https://openrouter.ai/api/v1/audio/transcriptions",
        data={"language": "de", "model": "openai/whisper-large-v3"},
        files={"file": ("fox.wav", sound)},
    )
    facts = read_request(request, "audio/transcriptions")
    assert facts == unknown("audio/transcriptions")._replace(
        requested_model="openai/whisper-large-v3"
    )
    assert sound.tell() == 0


def test_model_stream_images_and_the_hash_of_the_key_are_read() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [{"type": "text", "text": "look"}, image, image]
    request = httpx.Request(
        "POST",
        "https://openrouter.ai/api/v1/chat/completions",
        headers={"Authorization": "bearer sk-or-v1-abc"},
        json={"model": "a/b", "stream": True, "messages": [{"role": "user", "content": content}]},
    )
    facts = read_request(request, "chat/completions")
    assert facts.api_key_hash == hashlib.sha256(b"sk-or-v1-abc").hexdigest()
    assert (facts.requested_model, facts.is_streamed, facts.input_image_count) == ("a/b", True, 2)


@pytest.mark.parametrize(
    ("body", "headers", "session_id"),
    [
        (b'{"session_id":"evening"}', {"X-Session-Id": "morning"}, "evening"),
        (b'{"session_id":7}', {"x-session-id": "morning"}, "morning"),
        (b"{}", {}, None),
    ],
)
def test_the_session_of_the_body_wins_over_the_headers(
    body: bytes, headers: dict[str, str], session_id: str | None
) -> None:
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/x", content=body, headers=headers)
    assert read_request(request, "x").session_id == session_id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"[" * 100_000,
        b'"\\ud800"',
        b"\xff",
    ],
)
def test_a_request_that_cannot_be_read_leaves_its_facts_unknown(body: bytes) -> None:
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/images", content=body)
    facts = read_request(request, "images")
    assert (facts, facts.document()) == (unknown("images", body), {})


def test_an_upload_that_streams_is_not_consumed() -> None:
    chunks = iter([b'{"model":', b'"a/b"}'])
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/images", content=chunks)
    assert read_request(request, "images") == unknown("images")
    assert request.read() == b'{"model":"a/b"}'


def test_odd_messages_and_models_are_unknown_not_errors() -> None:
    odd = b'{"model":"\\ud800","messages":[1,{"content":[2,{"type":"image_url"}]}]}'
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/x", content=odd)
    facts = read_request(request, "x")
    assert (facts.requested_model, facts.is_streamed, facts.input_image_count) == (
        None,
        False,
        1,
    )


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("messages", {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}),
        ("messages", {"type": "image", "source": {"type": "base64", "data": "AAAA"}}),
        ("input", {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}),
    ],
)
def test_an_image_is_counted_by_whatever_name_its_endpoint_has_for_it(
    field: str, part: dict[str, object]
) -> None:
    content = [{"type": "text", "text": "an image of a fox"}, part]
    document = {field: [{"role": "user", "content": "image"}, {"role": "user", "content": content}]}
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/x", json=document)
    assert read_request(request, "x").input_image_count == 1


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://gateway.example:4000/api/v1/chat/completions", "chat/completions"),
        ("http://localhost:4000/chat/completions", "chat/completions"),
        ("http://localhost:4001/chat/completions", None),
    ],
)
def test_hosts_that_it_is_told_are_openrouters_too(url: str, endpoint: str | None) -> None:
    address = OpenRouterAddress(
        "https://openrouter.ai/api/v1", hosts=("Gateway.example", "localhost:4000")
    )
    assert address.endpoint(httpx.Request("POST", url)) == endpoint


@pytest.mark.parametrize(
    ("method", "path", "job"),
    [
        ("GET", "videos/gen-vid-1", "videos/gen-vid-1"),
        ("GET", "batches/batch_1", "batches/batch_1"),
        ("GET", "beta/batches/batch_1", "beta/batches/batch_1"),
        ("GET", "videos", None),
        ("GET", "videos/gen-vid-1/content", None),
        ("POST", "videos/gen-vid-1", None),
        ("GET", "generation", None),
    ],
)
def test_a_question_for_a_job_is_told_by_its_path(method: str, path: str, job: str | None) -> None:
    request = httpx.Request(method, f"https://openrouter.ai/api/v1/{path}")
    assert OPENROUTER.job(request) == job
