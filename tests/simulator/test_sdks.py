"""The official SDKs take the simulator for the real thing."""

from decimal import Decimal

import openai
import pytest
from openrouter import OpenRouter

from ingest.simulator import RunningSimulator
from tests.simulator.conftest import API_KEY
from tests.simulator.exchanges import CLAUDE, NANO, billed_id

MESSAGE = {"role": "user", "content": "Write an outline about otters"}
EVERY_FORM = 12


def test_the_openrouter_sdk_reads_whole_answers(simulator: RunningSimulator) -> None:
    with OpenRouter(api_key=API_KEY, server_url=simulator.base_url) as sdk:
        for number in range(EVERY_FORM):
            reply = sdk.chat.send(model=CLAUDE, messages=[MESSAGE], user=f"reader-{number}")
            assert reply.usage is not None
            assert float(reply.usage.cost) == pytest.approx(_billed_usd(simulator, reply.id))


def test_the_openrouter_sdk_reads_streams(simulator: RunningSimulator) -> None:
    with OpenRouter(api_key=API_KEY, server_url=simulator.base_url) as sdk:
        for number in range(EVERY_FORM):
            stream = sdk.chat.send(
                model=NANO, messages=[MESSAGE], user=f"reader-{number}", stream=True
            )
            with stream:
                chunks = list(stream)
            (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
            assert float(usage.cost) == pytest.approx(_billed_usd(simulator, chunks[0].id))


def test_the_openai_sdk_reads_whole_answers(simulator: RunningSimulator) -> None:
    with openai.OpenAI(api_key=API_KEY, base_url=simulator.base_url) as sdk:
        reply = sdk.chat.completions.create(
            model=CLAUDE, messages=[{"role": "user", "content": "On herons"}]
        )
    assert reply.usage is not None
    assert reply.choices[0].message.content
    assert reply.usage.model_dump()["cost"] == pytest.approx(_billed_usd(simulator, reply.id))


def test_the_openai_sdk_reads_streams(simulator: RunningSimulator) -> None:
    with (
        openai.OpenAI(api_key=API_KEY, base_url=simulator.base_url) as sdk,
        sdk.chat.completions.create(
            model=NANO, messages=[{"role": "user", "content": "On herons"}], stream=True
        ) as stream,
    ):
        chunks = list(stream)
    (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
    assert usage.model_dump()["cost"] == pytest.approx(_billed_usd(simulator, chunks[0].id))


def test_the_openai_sdk_reads_embeddings(simulator: RunningSimulator) -> None:
    with openai.OpenAI(api_key=API_KEY, base_url=simulator.base_url) as sdk:
        reply = sdk.embeddings.create(model="qwen/qwen3-embedding-4b", input=["otter", "heron"])
    assert [len(item.embedding) for item in reply.data] == [16, 16]


def _billed_usd(simulator: RunningSimulator, generation_id: str) -> float:
    return float(Decimal(billed_id(simulator, generation_id)["cost_usd"]))
