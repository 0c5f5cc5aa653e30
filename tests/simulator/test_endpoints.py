"""What all endpoints have in common: names, costs to the last digit, failures in their own form."""

import gzip
import zlib
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest import money
from ingest.simulator import RunningSimulator
from tests.simulator.conftest import client_of
from tests.simulator.endpoints import ENDPOINTS, JOBS, WHOLE
from tests.simulator.exchanges import billed, billed_usd, generation_of, true_cost_usd, usage_of

KEYS = ["sk-or-v1-plain", "sk-or-v1-byok", "sk-or-v1-byok-fee"]
SAYS_NO_COST = {"speech", "messages streamed", *JOBS}
SHORT = ("rerank", "transcription", "transcription of a file")
"""These do not say whose key it was."""
SAYS_ALL = [
    (name, key)
    for name in ENDPOINTS
    for key in KEYS
    if name not in SAYS_NO_COST and not ("byok" in key and name in SHORT)
]
NAMED = {
    "chat": ("gen-", "completions"),
    "responses": ("gen-", "completions"),
    "messages": ("gen-", "completions"),
    "images": ("gen-img-", "image"),
    "embeddings": ("gen-emb-", "embeddings"),
    "rerank": ("gen-rerank-", "rerank"),
    "speech": ("gen-tts-", "tts"),
    "transcription": ("gen-stt-", "stt"),
    "videos": ("gen-vid-", "video"),
}


def post(client: httpx.Client, name: str, **headers: str) -> httpx.Response:
    asked = ENDPOINTS[name].marked(f"{name} {headers}")
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(asked.path, headers=names, **asked.content)


def raw(client: httpx.Client, name: str, fault: str) -> tuple[httpx.Headers, bytes]:
    """The headers and the bytes of a body as the wire has them."""
    asked = ENDPOINTS[name].marked(fault)
    headers = {"X-Simulate-Fault": fault}
    with client.stream("POST", asked.path, headers=headers, **asked.content) as reply:
        return reply.headers, b"".join(reply.iter_raw())


@pytest.mark.parametrize("name", SHORT)
def test_a_short_usage_says_openrouters_part_and_not_whose_key_it_was(
    simulator: RunningSimulator, name: str
) -> None:
    with client_of(simulator, "sk-or-v1-byok-fee") as client:
        reply = post(client, name)
    usage, row = usage_of(reply), billed(simulator, reply)
    assert {"is_byok", "cost_details"}.isdisjoint(usage)
    assert money.round_usd(usage["cost"]) == Decimal(row["openrouter_cost_usd"])
    assert Decimal(row["cost_usd"]) > 20 * Decimal(row["openrouter_cost_usd"])


@pytest.mark.parametrize(("name", "key"), SAYS_ALL)
def test_the_cost_that_a_reply_says_rounds_to_the_bill(
    simulator: RunningSimulator, name: str, key: str
) -> None:
    with client_of(simulator, key) as client:
        reply = post(client, name)
    assert true_cost_usd(usage_of(reply)) == billed_usd(simulator, reply) > 0


@pytest.mark.parametrize("name", ["speech", "messages streamed"])
def test_a_reply_without_a_cost_is_settled_by_its_generation(
    simulator: RunningSimulator, client: httpx.Client, name: str
) -> None:
    reply = post(client, name)
    assert b'"cost"' not in reply.content
    record = generation_of(client, reply.headers["X-Generation-Id"])
    assert money.round_usd(record["total_cost"]) == billed_usd(simulator, reply) > 0


@pytest.mark.parametrize("name", NAMED)
def test_a_generation_is_named_by_its_kind(client: httpx.Client, name: str) -> None:
    prefix, api_type = NAMED[name]
    generation_id = post(client, name).headers["X-Generation-Id"]
    assert generation_id.startswith(prefix)
    assert generation_of(client, generation_id)["api_type"] == api_type


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_charge_is_in_the_analytics(simulator: RunningSimulator, name: str) -> None:
    with client_of(simulator) as client, client_of(simulator, "management") as management:
        post(client, name)
        query = {"metrics": ["total_usage"], "dimensions": ["generation_id"], "limit": 10_000}
        rows = management.post("/analytics/query", json=query).json()["data"]["data"]
    last = simulator.bill()["generations"][-1]
    told = {row["generation_id"]: row["total_usage"] for row in rows}
    assert told[last["id"]] == pytest.approx(float(last["cost_usd"]))


@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name != "batches"])
def test_http_200_can_be_an_error_at_every_endpoint(
    simulator: RunningSimulator, client: httpx.Client, name: str
) -> None:
    reply = post(client, name, X_Simulate_Fault="error_200")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json()["error"]["message"] == "Provider returned error"
    assert billed(simulator, reply)["cost_usd"] == "0"


@pytest.mark.parametrize("fault", ["429", "error_200", "404"])
def test_messages_have_errors_of_their_own_form(client: httpx.Client, fault: str) -> None:
    body = post(client, "messages", X_Simulate_Fault=f"{fault}*2").json()
    assert (body["type"], set(body)) == ("error", {"type", "error", "request_id"})
    assert body["error"]["type"] == ("not_found_error" if fault == "404" else "rate_limit_error")


@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name != "speech"])
def test_a_torn_gzip_ends_like_a_whole_body_and_is_none(
    simulator: RunningSimulator, twin: RunningSimulator, name: str
) -> None:
    with client_of(simulator) as client, client_of(twin) as undisturbed:
        headers, body = raw(client, name, "truncated_gzip")
        asked = ENDPOINTS[name].marked("truncated_gzip")
        undisturbed.post(asked.path, **asked.content)
    assert headers["Content-Encoding"] == "gzip"
    with pytest.raises(EOFError):
        gzip.decompress(body)
    inflated = zlib.decompressobj(wbits=31).decompress(body)
    with pytest.raises(ValueError, match=r"line 1|Expecting|Unterminated"):
        money.loads(inflated)
    assert _last_cost(simulator) == _last_cost(twin) != "0"


@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name != "speech"])
def test_bytes_that_are_no_text_take_nothing_from_the_bill(
    simulator: RunningSimulator, twin: RunningSimulator, name: str
) -> None:
    with client_of(simulator) as client, client_of(twin) as undisturbed:
        _, body = raw(client, name, "invalid_utf8")
        asked = ENDPOINTS[name].marked("invalid_utf8")
        whole = undisturbed.post(asked.path, **asked.content)
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert _last_cost(simulator) == _last_cost(twin) != "0"
    assert (b'"cost"' in body) == (b'"cost"' in whole.content)


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "batches"])
def test_a_refusal_does_not_begin_anything(
    simulator: RunningSimulator, client: httpx.Client, name: str
) -> None:
    charged_count = len(simulator.bill()["generations"])
    assert post(client, name, X_Simulate_Fault="503").status_code == 503
    assert len(simulator.bill()["generations"]) == charged_count


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/rerank", {"model": "cohere/rerank-v3.5", "query": "a", "documents": []}),
        ("/audio/speech", {"model": "cohere/rerank-v3.5", "input": "a"}),
        ("/audio/transcriptions", {"model": "openai/whisper-1", "input_audio": {"data": "?"}}),
        ("/videos", {"model": "google/veo-3.1"}),
        ("/batches", {"model": "google/veo-3.1", "endpoint": "/v1/videos", "requests": []}),
        ("/responses", {"model": "openai/gpt-5-nano"}),
        ("/responses", {"input": "a", "previous_response_id": "gen-1"}),
        ("/messages", {"model": "openai/gpt-5-nano", "messages": []}),
    ],
)
def test_what_an_endpoint_does_not_take_is_refused_with_a_sentence(
    client: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    reply = client.post(path, json=body)
    assert reply.status_code in (400, 404)
    assert reply.json()["error"]["message"]


def _last_cost(simulator: RunningSimulator) -> str:
    return str(simulator.bill()["generations"][-1]["cost_usd"])
