"""No key, prompt, reply or image is ever written: not to the spool, the lake or the log."""

import asyncio
import base64
import json
import logging
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import stamina

from ingest import AsyncOpenRouter, InkledgerError, OpenRouter, Recorder
from ingest.seal import seal
from ingest.settings import Home
from tests.recording.calls import JSON, SSE, answering
from tests.recording.conftest import BASE_URL
from tests.wire import bodies

KEY, PROMPT, REPLY = "sk-or-v1-canaryKey", "canaryPrompt", "canaryReply"
IMAGE = base64.b64encode(b"canaryImage-canaryImage").decode()
CANARIES = (KEY, PROMPT, REPLY, IMAGE)

CHAT = json.dumps(
    {
        "id": "gen-1-private",
        "choices": [
            {
                "finish_reason": "stop",
                "message": {
                    "content": REPLY,
                    "reasoning": REPLY,
                    "images": [
                        {"type": "image_url", "image_url": {"url": f"data:x;base64,{IMAGE}"}}
                    ],
                },
            }
        ],
        "usage": {"cost": -1},
    }
).encode()
ERROR = json.dumps(
    {"error": {"code": 503, "message": f"refused: {PROMPT}", "metadata": {"raw": PROMPT}}}
).encode()
STREAM = bodies.chunk(f'[{{"delta":{{"content":"{REPLY}"}}}}]') + bodies.ERROR_CHUNK.replace(
    b"gone", PROMPT.encode()
)
ANSWERS = {
    "a reply": (200, JSON, CHAT),
    "a refusal": (503, JSON, ERROR),
    "an error in mid-stream": (200, SSE, STREAM),
    "no JSON": (200, JSON, b"{" + CHAT),
}
MESSAGES = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": PROMPT},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
        ],
    }
]


def everything_written(home: Path, caplog: pytest.LogCaptureFixture) -> str:
    spool = b"".join(file.read_bytes() for file in (home / "spool").iterdir())
    seal(Home(home))
    lake = b"".join(file.read_bytes() for file in (home / "lake").rglob("*.parquet"))
    assert spool
    assert lake
    logged = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    return (spool + lake).decode(errors="replace") + "\n".join(logged)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_call_leaves_no_word_of_its_own(
    home: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    status, headers, body = ANSWERS[name]
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=body))

    async def call_again() -> None:
        async with AsyncOpenRouter(KEY, recorder=recorder, transport=transport) as client:
            await client.chat(model="a/b", messages=MESSAGES)

    with (
        Recorder(home, base_url=BASE_URL) as recorder,
        OpenRouter(KEY, recorder=recorder, transport=transport) as client,
        stamina.set_testing(True, attempts=2),
    ):
        for call in (
            lambda: client.chat(model="a/b", messages=MESSAGES),
            lambda: list(client.chat(model="a/b", messages=MESSAGES, stream=True)),
            lambda: client.image(model="a/b", prompt=PROMPT),
            lambda: client.embed(model="a/b", input=PROMPT),
            lambda: asyncio.run(call_again()),
        ):
            with suppress(InkledgerError):
                call()
    written = everything_written(home, caplog)
    assert [canary for canary in CANARIES if canary in written] == []


def test_an_unwritable_spool_logs_the_event_and_nothing_private(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home.mkdir()
    (home / "spool").write_text("")
    transport = httpx.MockTransport(answering(CHAT))
    with (
        Recorder(home, base_url=BASE_URL) as recorder,
        OpenRouter(KEY, recorder=recorder, transport=transport) as client,
    ):
        client.chat(model="a/b", messages=MESSAGES)
    logged = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert JSON["x-generation-id"] in logged
    assert [canary for canary in CANARIES if canary in logged] == []
