"""OpenRouter as the pulls see it: asked over HTTP, or by a script of odd answers."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import httpx

from ingest.clock import utc_now
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.pull.provider import Patience, provider_client
from ingest.records import UsageEvent
from ingest.simulator import RunningSimulator

KEY = "sk-or-v1-test"
HASTY = Patience(total_seconds=5.0, first_wait_seconds=0.01, longest_wait_seconds=0.05)
IMPATIENT = Patience(total_seconds=0.05, first_wait_seconds=0.01, longest_wait_seconds=0.01)
_numbers = count()


def client_of(simulator: RunningSimulator, key: str = KEY, **headers: str) -> httpx.Client:
    """The client of the command, asking the simulator over HTTP."""
    client = provider_client(simulator.base_url, key)
    client.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return client


def scripted(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    """The client of the command, asking an OpenRouter that answers as it is told."""
    transport = httpx.MockTransport(answer)
    return provider_client("https://openrouter.ai/api/v1", KEY, transport=transport)


def generate(simulator: RunningSimulator, key: str = KEY) -> str:
    """Make one paid call of which nothing but the generation id gets through."""
    with client_of(simulator, key) as client:
        reply = client.post(
            "/chat/completions",
            json={
                "model": "openai/gpt-5-nano",
                "messages": [{"role": "user", "content": f"Outline {next(_numbers)}"}],
            },
        )
    assert reply.status_code == 200, reply.text
    return reply.headers["X-Generation-Id"]


def attempt(generation_id: str | None, **changes: Any) -> UsageEvent:
    """An attempt of a moment ago whose reply told no cost."""
    fields: dict[str, Any] = {
        "event_id": new_id(),
        "operation_id": new_id(),
        "endpoint": "chat/completions",
        "generation_id": generation_id,
        "status": "cancelled",
        "started_at": utc_now() - timedelta(seconds=5),
    }
    return UsageEvent(**{**fields, **changes})


def land_attempts(lake: Lake, *attempts: UsageEvent) -> None:
    """Land attempts as a sealed segment would."""
    lake.land("usage_events", new_id(), attempts, utc_now())


def json_answer(document: Any, status: int = 200, **headers: str) -> httpx.Response:
    """An answer with a body that is written as given."""
    return httpx.Response(
        status,
        text=document if isinstance(document, str) else json.dumps(document),
        headers={"content-type": "application/json", **headers},
    )
