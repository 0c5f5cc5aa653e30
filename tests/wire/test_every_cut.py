"""A reply may arrive in any pieces: wherever it is cut, the same is read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.wire.readers import reply_reader
from ingest.wire.reply import ReplyFacts
from tests.wire import bodies

SHARED = Path(__file__).parents[3] / "shared" / "openrouter" / "fixtures.json"
OURS = {
    "chat": bodies.STREAM,
    "error": b"".join((*bodies.TEXT_CHUNKS, bodies.ERROR_CHUNK)),
    "error with usage": b"".join((*bodies.TEXT_CHUNKS, bodies.ERROR_CHUNK_WITH_USAGE)),
    "images": bodies.IMAGES_STREAM,
    "messages": b"".join(bodies.MESSAGES_STREAM),
    **{name: b"".join((*bodies.TEXT_CHUNKS, last)) for name, last in bodies.USAGE_CHUNKS.items()},
}


def shared_streams() -> Iterator[tuple[str, bytes]]:
    fixtures = json.loads(SHARED.read_text(encoding="utf-8")) if SHARED.is_file() else {}
    for name, fixture in fixtures.items():
        if isinstance(fixture, dict) and fixture.get("kind") == "sse":
            yield name, "\n".join(fixture["body"]).encode() + b"\n"


STREAMS = {**OURS, **dict(shared_streams())}


def read(*chunks: bytes) -> ReplyFacts:
    reader = reply_reader(httpx.Headers({"content-type": "text/event-stream"}))
    for chunk in chunks:
        reader.feed(chunk)
    reader.end()
    return reader.facts


def with_line_end(body: bytes, line_end: bytes) -> bytes:
    return body.replace(b"\n", line_end)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("body", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_cut_at_any_byte_says_the_same(body: bytes, line_end: bytes) -> None:
    body = with_line_end(body, line_end)
    whole = read(body)
    assert whole != ReplyFacts()
    for place in range(len(body) + 1):
        assert read(body[:place], body[place:]) == whole
    assert read(*(body[place : place + 1] for place in range(len(body)))) == whole


JSON_BODIES: dict[str, Any] = {
    "chat": bodies.CHAT, "error in 200": bodies.ERROR_IN_200, "error in a choice":
    bodies.ERROR_IN_CHOICE, "images": bodies.IMAGES, "responses": bodies.RESPONSES,
}  # fmt: skip


@pytest.mark.parametrize("body", JSON_BODIES.values(), ids=JSON_BODIES.keys())
def test_a_json_body_cut_at_any_byte_says_the_same(body: bytes) -> None:
    def facts(*chunks: bytes) -> ReplyFacts:
        reader = reply_reader(httpx.Headers({"content-type": "application/json"}))
        for chunk in chunks:
            reader.feed(chunk)
        reader.end()
        return reader.facts

    for place in range(len(body) + 1):
        assert facts(body[:place], body[place:]) == facts(body)
