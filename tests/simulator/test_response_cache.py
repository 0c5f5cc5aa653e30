"""OpenRouter's response cache: the same again is free, under a name of its own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ingest.simulator import RunningSimulator, running_simulator
from tests.simulator.conftest import client_of
from tests.simulator.endpoints import ENDPOINTS
from tests.simulator.exchanges import billed_usd, generation_of

CACHED = ["chat", "responses", "messages", "embeddings"]
CACHED += [f"{name} streamed" for name in CACHED[:-1]]


def ask(client: httpx.Client, name: str, **headers: str) -> httpx.Response:
    asked = ENDPOINTS[name]
    wants = {"X-OpenRouter-Cache": "true"}
    wants |= {f"X-{word.replace('_', '-')}": value for word, value in headers.items()}
    return client.post(asked.path, headers=wants, **asked.content)


def status(reply: httpx.Response) -> str | None:
    told = reply.headers.get("X-OpenRouter-Cache-Status")
    return None if told is None else str(told)


@pytest.mark.parametrize("name", CACHED)
def test_the_same_request_is_answered_again_for_nothing(
    simulator: RunningSimulator, name: str
) -> None:
    with client_of(simulator, f"sk-or-v1-{name}") as client:
        first, second = ask(client, name), ask(client, name)
        record = generation_of(client, second.headers["X-Generation-Id"])
    assert (status(first), status(second)) == ("MISS", "HIT")
    source_id, own_id = (reply.headers["X-Generation-Id"] for reply in (first, second))
    assert own_id != source_id == second.headers["X-OpenRouter-Cache-Source-Id"]
    assert billed_usd(simulator, first) > 0 == billed_usd(simulator, second)
    assert (record["total_cost"], record["response_cache_source_id"]) == (0, source_id)
    assert second.text.count("otter") == first.text.count("otter")


def test_a_hit_says_what_the_first_reply_said_and_counts_nothing(client: httpx.Client) -> None:
    first, second = (ask(client, "chat", Marker="says").json() for _ in range(2))
    assert first["choices"] == second["choices"]
    usage = second["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["cost"]) == (0, 0, 0)


@pytest.mark.parametrize("name", ["images", "rerank", "speech", "transcription"])
def test_other_endpoints_have_no_cache(client: httpx.Client, name: str) -> None:
    assert [status(ask(client, name)) for _ in range(2)] == [None, None]


def test_who_does_not_ask_for_it_gets_nothing_from_it(client: httpx.Client) -> None:
    asked: Any = ENDPOINTS["embeddings"]
    ask(client, "embeddings")
    assert status(client.post(asked.path, **asked.content)) is None


def test_another_key_or_a_cleared_entry_is_a_miss(simulator: RunningSimulator) -> None:
    with client_of(simulator, "sk-or-v1-first") as client:
        ask(client, "chat")
        assert status(ask(client, "chat", OpenRouter_Cache_Clear="true")) == "MISS"
        assert status(ask(client, "chat")) == "HIT"
    with client_of(simulator, "sk-or-v1-second") as client:
        assert status(ask(client, "chat")) == "MISS"


@pytest.mark.parametrize("fault", ["error_200", "cut_stream", "429"])
def test_only_what_went_well_is_kept(simulator: RunningSimulator, fault: str) -> None:
    with client_of(simulator, f"sk-or-v1-{fault}") as client:
        try:
            ask(client, "chat", Simulate_Fault=fault)
        except httpx.RemoteProtocolError:
            assert fault == "cut_stream"
        assert status(ask(client, "chat")) == "MISS"


def test_a_reply_is_kept_for_as_long_as_was_asked() -> None:
    now = datetime(2026, 10, 16, tzinfo=UTC)
    with running_simulator(clock=lambda: now) as simulator, client_of(simulator) as client:
        ask(client, "chat", OpenRouter_Cache_TTL="60")
        now += timedelta(seconds=59)
        hit = ask(client, "chat")
        now += timedelta(seconds=1)
        late = ask(client, "chat")
    assert (status(hit), status(late)) == ("HIT", "MISS")
    assert hit.headers["X-OpenRouter-Cache-Age"] == "59"
    assert hit.headers["X-OpenRouter-Cache-TTL"] == "1"
