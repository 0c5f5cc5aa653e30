"""The official SDKs and httpx's successor pass through the recorder as they are."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import openrouter
import pytest

from ingest.recording.attribution import attribute
from ingest.recording.recorder import Recorder
from ingest.simulator.server import RunningSimulator, running_simulator
from tests.landed import landed

KEY = "sk-or-v1-test"
MODEL = "openai/gpt-5-nano"
MESSAGES: Any = [{"role": "user", "content": "Name a fox."}]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def recorder(simulator: RunningSimulator, home: Path) -> Iterator[Recorder]:
    with Recorder(home, base_url=simulator.base_url) as recorder:
        yield recorder


def bill(simulator: RunningSimulator) -> dict[str, Decimal]:
    return {row["id"]: Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]}


def assert_recorded_as_billed(
    home: Path, simulator: RunningSimulator, is_streamed: list[bool]
) -> None:
    rows = landed(home)
    assert [row["is_streamed"] for row in rows] == is_streamed
    assert {row["status"] for row in rows} == {"succeeded"}
    billed = bill(simulator)
    assert [row["reported_cost_usd"] for row in rows] == [
        billed[row["generation_id"]] for row in rows
    ]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_openai_calls_are_recorded_as_billed(
    recorder: Recorder, home: Path, simulator: RunningSimulator, library: Any
) -> None:
    with library.Client(transport=recorder.transport()) as http:
        client = openai.OpenAI(api_key=KEY, base_url=simulator.base_url, http_client=http)
        with attribute(ebook_id="forest"):
            client.chat.completions.create(model=MODEL, messages=MESSAGES)
            for _ in client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True):
                pass
    recorder.close()
    assert_recorded_as_billed(home, simulator, [False, True])
    assert {row["ebook_id"] for row in landed(home)} == {"forest"}


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_awaited_openai_calls_are_recorded_as_billed(
    recorder: Recorder, home: Path, simulator: RunningSimulator, library: Any
) -> None:
    async def call() -> None:
        async with library.AsyncClient(transport=recorder.async_transport()) as http:
            client = openai.AsyncOpenAI(api_key=KEY, base_url=simulator.base_url, http_client=http)
            await client.chat.completions.create(model=MODEL, messages=MESSAGES)
            stream = await client.chat.completions.create(
                model=MODEL, messages=MESSAGES, stream=True
            )
            async for _ in stream:
                pass

    asyncio.run(call())
    recorder.close()
    assert_recorded_as_billed(home, simulator, [False, True])


def test_openrouters_own_sdk_is_recorded_as_billed(
    recorder: Recorder, home: Path, simulator: RunningSimulator
) -> None:
    with httpx.Client(transport=recorder.transport()) as http:
        sdk = openrouter.OpenRouter(api_key=KEY, server_url=simulator.base_url, client=http)
        sdk.chat.send(model=MODEL, messages=MESSAGES)
        with sdk.chat.send(model=MODEL, messages=MESSAGES, stream=True) as stream:
            for _ in stream:
                pass
        sdk.embeddings.generate(model="qwen/qwen3-embedding-4b", input="a fox")
    recorder.close()
    assert_recorded_as_billed(home, simulator, [False, True, False])


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_the_retries_of_an_sdk_are_attempts_of_one_operation(
    recorder: Recorder, home: Path, simulator: RunningSimulator, library: Any
) -> None:
    with library.Client(transport=recorder.transport()) as http:
        client = openai.OpenAI(api_key=KEY, base_url=simulator.base_url, http_client=http)
        # In words of its own: a fault happens once for each request that is the same.
        messages: Any = [{"role": "user", "content": f"a fox through {library.__name__}"}]
        client.chat.completions.create(model=f"{MODEL}#fault=overloaded", messages=messages)
    recorder.close()
    first, second = landed(home)
    assert (first["status"], second["status"]) == ("failed", "succeeded")
    assert (first["attempt_number"], second["attempt_number"]) == (1, 2)
    assert first["operation_id"] == second["operation_id"]
