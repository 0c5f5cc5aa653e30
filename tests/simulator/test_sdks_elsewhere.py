"""The official SDKs read every other endpoint of the simulator as they read the real one."""

import base64
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import openai
import pytest
from openrouter import OpenRouter

from ingest.simulator import RunningSimulator
from tests.simulator.conftest import API_KEY
from tests.simulator.endpoints import SOUND, TEXT
from tests.simulator.exchanges import CLAUDE, NANO, billed_id

FLUX = "black-forest-labs/flux.2-pro"
DOCUMENTS = ["an otter", "a heron"]


@pytest.fixture
def sdk(simulator: RunningSimulator) -> Iterator[OpenRouter]:
    with OpenRouter(api_key=API_KEY, server_url=simulator.base_url, retry_config=None) as sdk:
        yield sdk


@pytest.fixture
def openai_sdk(simulator: RunningSimulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=API_KEY, base_url=simulator.base_url, max_retries=0) as sdk:
        yield sdk


def last_usd(simulator: RunningSimulator) -> Any:
    return pytest.approx(float(simulator.bill()["generations"][-1]["cost_usd"]))


@pytest.mark.parametrize("model", [CLAUDE, NANO])
def test_the_openrouter_sdk_reads_responses(
    simulator: RunningSimulator, sdk: OpenRouter, model: str
) -> None:
    reply = sdk.responses.send(model=model, input=TEXT)
    assert reply.usage
    assert reply.usage.cost == last_usd(simulator)
    with sdk.responses.send(model=model, input=TEXT, stream=True) as stream:
        events = list(stream)
    assert not [event for event in events if getattr(event, "is_unknown", False)]
    last: Any = events[-1]
    assert last.type == "response.completed"
    assert last.response.usage.cost == last_usd(simulator)


def test_the_openrouter_sdk_reads_images(simulator: RunningSimulator, sdk: OpenRouter) -> None:
    reply = sdk.images.generate(model=FLUX, prompt=TEXT)
    assert reply.usage
    assert reply.usage.cost == last_usd(simulator)
    with sdk.images.generate(model=FLUX, prompt=TEXT, stream=True) as stream:
        last: Any = list(stream)[-1]
    assert last.type == "image_generation.completed"
    assert last.usage.cost == last_usd(simulator)


def test_the_openrouter_sdk_reads_embeddings_and_rankings(
    simulator: RunningSimulator, sdk: OpenRouter
) -> None:
    vectors: Any = sdk.embeddings.generate(model="qwen/qwen3-embedding-4b", input=DOCUMENTS)
    assert vectors.usage.cost == last_usd(simulator)
    ranked: Any = sdk.rerank.rerank(
        model="cohere/rerank-v3.5", query="water", documents=DOCUMENTS, top_n=1
    )
    assert (len(ranked.results), ranked.usage.search_units) == (1, 1)
    assert ranked.usage.cost == last_usd(simulator)


def test_the_openrouter_sdk_reads_speech_and_transcriptions(
    simulator: RunningSimulator, sdk: OpenRouter
) -> None:
    spoken = sdk.tts.create_speech(model="openai/gpt-4o-mini-tts", input=TEXT, voice="alloy")
    assert len(spoken.read()) > len(TEXT)
    sound: Any = {"data": base64.b64encode(SOUND).decode(), "format": "wav"}
    for written in (
        sdk.stt.create_transcription(model="openai/whisper-1", input_audio=sound),
        sdk.stt.create_transcription_multipart(
            model="openai/whisper-1", file={"file_name": "otter.wav", "content": SOUND}
        ),
    ):
        assert written.text
        assert written.usage
        assert written.usage.cost == last_usd(simulator)


def test_the_openrouter_sdk_reads_videos(simulator: RunningSimulator, sdk: OpenRouter) -> None:
    job = sdk.video_generation.generate(model="google/veo-3.1", prompt=TEXT)
    assert job.status == "pending"
    time.sleep(simulator.simulator.config.job_seconds)
    done = sdk.video_generation.get_generation(job_id=job.id)
    assert (done.status, done.generation_id) == ("completed", job.id)
    assert done.usage
    assert done.usage.cost == last_usd(simulator)
    assert sdk.video_generation.get_video_content(job_id=job.id).read()


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": TEXT}]}),
        ("/v1/responses", {"input": TEXT}),
        ("/v1/messages", {"messages": [{"role": "user", "content": TEXT}]}),
    ],
)
def test_the_openrouter_sdk_reads_batches(
    simulator: RunningSimulator, sdk: OpenRouter, endpoint: Any, body: dict[str, Any]
) -> None:
    item: Any = {"custom_id": "one", "body": body}
    batch = sdk.batch.create_batches(endpoint=endpoint, model=CLAUDE, requests=[item])
    assert batch.usage is None
    time.sleep(simulator.simulator.config.job_seconds)
    done = sdk.batch.get_batches(id=batch.id)
    assert done.usage
    assert done.usage.cost == last_usd(simulator)
    assert done.results
    listed: Any = sdk.batch.list(limit=1)
    assert [each.id for each in listed.result.data] == [batch.id]


def test_the_openai_sdk_reads_responses(
    simulator: RunningSimulator, openai_sdk: openai.OpenAI
) -> None:
    reply = openai_sdk.responses.create(model=CLAUDE, input=TEXT)
    assert reply.output_text
    assert reply.usage
    assert reply.usage.model_dump()["cost"] == last_usd(simulator)
    with openai_sdk.responses.create(model=CLAUDE, input=TEXT, stream=True) as stream:
        events = list(stream)
    last: Any = events[-1]
    assert last.type == "response.completed"
    assert last.response.usage.model_dump()["cost"] == last_usd(simulator)


def test_the_openai_sdk_reads_speech_and_transcriptions(
    simulator: RunningSimulator, openai_sdk: openai.OpenAI
) -> None:
    spoken = openai_sdk.audio.speech.create(
        model="openai/gpt-4o-mini-tts", input=TEXT, voice="alloy"
    )
    assert len(spoken.read()) > len(TEXT)
    assert simulator.bill()["generations"][-1]["id"].startswith("gen-tts-")
    written = openai_sdk.audio.transcriptions.create(
        model="openai/whisper-1", file=("otter.wav", SOUND)
    )
    assert written.text
    usage: Any = written.usage
    assert usage.model_dump()["cost"] == last_usd(simulator)


def test_the_openai_sdk_raises_what_a_stream_of_responses_fails_with(
    openai_sdk: openai.OpenAI,
) -> None:
    headers = {"X-Simulate-Fault": "error_mid_stream"}
    stream = openai_sdk.responses.create(
        model=CLAUDE, input=TEXT, stream=True, extra_headers=headers
    )
    events = list(stream)
    assert events[-1].type == "error"


def test_what_an_sdk_read_is_on_the_bill(simulator: RunningSimulator, sdk: OpenRouter) -> None:
    reply = sdk.responses.send(model=CLAUDE, input=TEXT)
    row = billed_id(simulator, reply.id)
    assert Decimal(row["cost_usd"]) > 0
