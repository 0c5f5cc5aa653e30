"""Both clients against a server that speaks as OpenRouter does, and keeps its own bill."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import GenerationFailed, NoAnswer
from ingest.openrouter.async_client import AsyncOpenRouter
from ingest.openrouter.client import OpenRouter
from ingest.recording.recorder import Recorder
from ingest.records import UsageEvent
from ingest.simulator.server import RunningSimulator, running_simulator
from tests.landed import landed

TEXT_MODEL = "openai/gpt-5-nano"
MESSAGES: Any = [{"role": "user", "content": "Name a fox."}]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as simulator:
        yield simulator


def spent(simulator: RunningSimulator, home: Path) -> tuple[Decimal, Decimal]:
    """What the ledger and the bill say of the same generations."""
    rows = landed(home)
    known = {row["generation_id"] for row in rows}
    billed = [row for row in simulator.bill()["generations"] if row["id"] in known]
    ledger = (row["reported_cost_usd"] for row in rows if row["reported_cost_usd"])
    return sum(ledger, Decimal(0)), sum((Decimal(row["cost_usd"]) for row in billed), Decimal(0))


def test_every_kind_of_call_costs_what_the_bill_says(
    simulator: RunningSimulator, recorder: Recorder, home: Path
) -> None:
    with OpenRouter("sk-test", base_url=simulator.base_url, recorder=recorder) as client:
        assert client.chat(model=TEXT_MODEL, messages=MESSAGES).text
        stream = client.chat(model=TEXT_MODEL, messages=MESSAGES, stream=True)
        assert "".join(stream) == stream.reply.text
        assert client.image(model="bytedance-seed/seedream-4.5", prompt="a fox").images
        drawn = client.image(model="google/gemini-2.5-flash-image", prompt="a fox", through="chat")
        assert drawn.images[0].startswith(b"\x89PNG")
        assert client.embed(model="qwen/qwen3-embedding-4b", input=["a", "b"]).vectors
    recorder.close()
    ledger, bill = spent(simulator, home)
    assert ledger == bill > 0
    assert [row["status"] for row in landed(home)] == ["succeeded"] * 5


def test_awaited_calls_cost_what_the_bill_says_and_their_subscribers_end(
    simulator: RunningSimulator, recorder: Recorder, home: Path
) -> None:
    heard: list[UsageEvent] = []

    async def hear(event: UsageEvent) -> None:
        await asyncio.sleep(0)
        heard.append(event)

    async def call_all() -> None:
        async with AsyncOpenRouter(
            "sk-test", base_url=simulator.base_url, recorder=recorder
        ) as client:
            chats = (client.chat(model=TEXT_MODEL, messages=MESSAGES) for _ in range(5))
            await asyncio.gather(*chats)
            stream = await client.chat(model=TEXT_MODEL, messages=MESSAGES, stream=True)
            assert "".join([text async for text in stream]) == stream.reply.text
            client.reject(await client.image(model="bytedance-seed/seedream-4.5", prompt="a"))
            await client.embed(model="qwen/qwen3-embedding-4b", input="a")

    recorder.bus.subscribe(UsageEvent, hear)
    asyncio.run(call_all())
    recorder.close()
    ledger, bill = spent(simulator, home)
    assert ledger == bill > 0
    assert len(landed(home)) == len(heard) == 8


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        ("cut_stream", NoAnswer, "failed"),
        ("error_mid_stream", GenerationFailed, "failed"),
        ("error_with_usage", GenerationFailed, "failed"),
        ("stall", NoAnswer, "cancelled"),
    ],
)
def test_a_fault_in_mid_stream_is_recorded_and_told(
    simulator: RunningSimulator,
    recorder: Recorder,
    home: Path,
    fault: str,
    error: type[Exception],
    status: str,
) -> None:
    model = f"{TEXT_MODEL}#fault={fault}"

    async def call_later() -> None:
        async with AsyncOpenRouter(
            "sk-test", base_url=simulator.base_url, recorder=recorder, timeout=0.5
        ) as client:
            async for _ in await client.chat(
                model=model, messages=[*MESSAGES, *MESSAGES], stream=True
            ):
                pass

    with OpenRouter(
        "sk-test", base_url=simulator.base_url, recorder=recorder, timeout=0.5
    ) as client:
        stream = client.chat(model=model, messages=MESSAGES, stream=True)
        with pytest.raises(error):
            list(stream)
    with pytest.raises(error):
        asyncio.run(call_later())
    recorder.close()
    rows = landed(home)
    assert [row["status"] for row in rows] == [status] * 2
    billed = {row["id"] for row in simulator.bill()["generations"]}
    assert {row["generation_id"] for row in rows} <= billed
