"""Every attempt leaves one row, and the caller gets every byte as it came."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from ingest.recording.recorder import Recorder
from tests.landed import landed, landed_call
from tests.recording.calls import JSON, PAYLOAD, SSE, URL, answering, client, post
from tests.wire import bodies


def test_a_reply_leaves_one_row_with_all_it_said(recorder: Recorder, home: Path) -> None:
    with client(recorder, answering(bodies.CHAT)) as http:
        http.post(URL, json=PAYLOAD, headers={"Authorization": "Bearer sk-or-v1-abc"})
    recorder.close()
    row = landed_call(home)
    assert (row["status"], row["http_status"], row["error_type"]) == ("succeeded", 200, None)
    assert row["endpoint"] == "chat/completions"
    assert row["api_key_hash"] == hashlib.sha256(b"sk-or-v1-abc").hexdigest()
    assert row["requested_model"] == "openai/gpt-5-nano"
    assert row["served_model"] == "openai/gpt-5-nano-2025-08-07"
    assert row["reported_cost_usd"] == Decimal("0.007650916900")
    assert row["usage_json"] == bodies.USAGE
    assert row["started_at"] <= row["first_byte_at"] <= row["finished_at"]
    assert (row["is_streamed"], row["input_image_count"], row["ebook_id"]) == (False, 0, None)


@pytest.mark.parametrize("form", bodies.USAGE_CHUNKS)
def test_a_stream_passes_unchanged_and_is_priced(recorder: Recorder, home: Path, form: str) -> None:
    body = b"".join((*bodies.TEXT_CHUNKS, bodies.USAGE_CHUNKS[form], bodies.DONE))
    assert post(recorder, answering(body, SSE), stream=True) == body
    recorder.close()
    row = landed_call(home)
    assert (row["status"], row["is_streamed"], row["output_tokens"]) == ("succeeded", True, 5)
    assert row["reported_cost_usd"] == Decimal("0.007650916900")


@pytest.mark.parametrize(
    ("body", "headers", "status", "verdict"),
    [
        (bodies.ERROR_IN_200, JSON, 200, ("failed", "502")),
        (bodies.ERROR_IN_CHOICE, JSON, 200, ("failed", "server_error")),
        (
            b"".join((*bodies.TEXT_CHUNKS, bodies.ERROR_CHUNK)),
            SSE,
            200,
            ("failed", "provider_unavailable"),
        ),
        (b"".join(bodies.TEXT_CHUNKS), SSE, 200, ("failed", "incomplete_reply")),
        (bodies.CHAT[:-1], JSON, 200, ("failed", "incomplete_reply")),
        (b"", JSON, 200, ("failed", "incomplete_reply")),
        (b"<html>", {"content-type": "text/html"}, 200, ("failed", "incomplete_reply")),
        (b"<html>", {"content-type": "text/html"}, 524, ("failed", "http_524")),
        (b'{"error":{"code":429,"message":"x"}}', JSON, 429, ("failed", "429")),
        (b"", {"location": "/elsewhere"}, 307, ("failed", "http_307")),
        (b"ID3", {"content-type": "audio/mpeg"}, 200, ("succeeded", None)),
        (bodies.STREAM.removesuffix(bodies.DONE), SSE, 200, ("succeeded", None)),
    ],
)
def test_every_end_has_its_verdict_and_an_unknown_cost_stays_unknown(
    recorder: Recorder,
    home: Path,
    body: bytes,
    headers: dict[str, str],
    status: int,
    verdict: tuple[str, str | None],
) -> None:
    assert post(recorder, answering(body, headers, status)) == body
    recorder.close()
    row = landed_call(home)
    assert (row["status"], row["error_type"]) == verdict
    assert row["http_status"] == status
    assert (row["reported_cost_usd"] is None) == (body != bodies.STREAM.removesuffix(bodies.DONE))


def test_the_headers_generation_is_kept_when_the_body_has_none(
    recorder: Recorder, home: Path
) -> None:
    post(recorder, answering(bodies.IMAGES))
    recorder.close()
    row = landed_call(home)
    assert (row["generation_id"], row["output_image_count"]) == ("gen-1-fromTheHeader", 2)


def test_other_hosts_and_questions_that_cost_nothing_leave_no_row(
    recorder: Recorder, home: Path
) -> None:
    with client(recorder, answering(bodies.CHAT)) as http:
        http.post("https://api.example.com/v1/chat/completions", json=PAYLOAD)
        http.get("https://openrouter.ai/api/v1/generation?id=gen-1")
        http.post("https://openrouter.ai/api/v1/keys", json={})
    recorder.close()
    assert landed(home) == []


def test_a_reply_already_in_memory_is_recorded(recorder: Recorder, home: Path) -> None:
    body = post(recorder, lambda _: httpx.Response(200, headers=JSON, content=bodies.CHAT))
    recorder.close()
    assert body == bodies.CHAT
    assert landed_call(home)["status"] == "succeeded"


def test_a_recording_transport_around_another_records_once(recorder: Recorder, home: Path) -> None:
    inner = recorder.transport(httpx.MockTransport(answering(bodies.CHAT)))
    with httpx.Client(transport=recorder.transport(inner)) as http:
        for _ in range(2):
            http.post(URL, json=PAYLOAD)
    recorder.close()
    assert [row["status"] for row in landed(home)] == ["succeeded"] * 2


def test_a_request_sent_again_is_an_attempt_of_its_own(recorder: Recorder, home: Path) -> None:
    with client(recorder, answering(bodies.CHAT)) as http:
        request = http.build_request("POST", URL, json=PAYLOAD)
        http.send(request)
        http.send(request)
    recorder.close()
    assert len({row["event_id"] for row in landed(home)}) == 2


def test_a_response_type_of_ones_own_is_followed(recorder: Recorder, home: Path) -> None:
    class OwnResponse(httpx.Response):
        pass

    post(recorder, lambda _: OwnResponse(200, headers=SSE, content=iter([bodies.STREAM])))
    recorder.close()
    assert landed_call(home)["status"] == "succeeded"


def test_awaited_calls_are_recorded_as_called_ones_are(recorder: Recorder, home: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield bodies.STREAM[:100]
        yield bodies.STREAM[100:]

    async def call() -> bytes:
        inner = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, content=pieces()))
        async with httpx.AsyncClient(transport=recorder.async_transport(inner)) as http:
            return (await http.post(URL, json={**PAYLOAD, "stream": True})).content

    assert asyncio.run(call()) == bodies.STREAM
    recorder.close()
    row = landed_call(home)
    assert (row["status"], row["reported_cost_usd"]) == ("succeeded", Decimal("0.007650916900"))


def test_a_row_that_no_lake_can_hold_is_quarantined_and_its_attempt_stays_in_doubt(
    recorder: Recorder, home: Path
) -> None:
    ended: list[object] = []
    recorder.bus.subscribe(object, ended.append)
    for wrong in (b'"cost":-1', b'"cost":1e25', b'"cost":500000'):
        body = b'{"choices":[],"usage":{' + wrong + b"}}"
        assert post(recorder, answering(body)) == body
    recorder.close()
    rows = landed(home)
    assert [(row["status"], row["reported_cost_usd"]) for row in rows] == [("in_doubt", None)] * 3
    kept = landed(home, "quarantine")
    assert {row["reason"].partition(":")[0] for row in kept} == {"reported_cost_usd"}
    assert all(row["table_name"] == "usage_events" for row in kept)
    assert len(ended) == 3


def test_the_start_is_on_disk_before_the_request_leaves(recorder: Recorder, home: Path) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        (segment,) = (home / "spool").glob("*.jsonl")
        seen.append(segment.read_text())
        return httpx.Response(200, headers=JSON, content=iter([bodies.CHAT]))

    post(recorder, answer)
    assert seen[0].count("\n") == 1
    assert '"status":"in_doubt"' in seen[0]


def test_the_generation_is_on_disk_before_the_body_is_read(recorder: Recorder, home: Path) -> None:
    with client(recorder, answering(bodies.STREAM, SSE)) as http, http.stream("POST", URL):
        (segment,) = (home / "spool").glob("*.jsonl")
        assert '"generation_id":"gen-1-fromTheHeader"' in segment.read_text()


def test_an_empty_generation_id_is_none(recorder: Recorder, home: Path) -> None:
    post(recorder, answering(b'{"usage":{"cost":1}}', {**JSON, "x-generation-id": ""}))
    recorder.close()
    assert landed_call(home)["generation_id"] is None
