"""Whatever ends a call, its row says so, and the caller sees the very error it would have seen."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ingest.recording.recorder import Recorder
from tests.landed import landed_call
from tests.recording.calls import PAYLOAD, SSE, URL, answering, client, post
from tests.recording.raw_server import HEAD, Script, http_chunk, raw_server, silence
from tests.wire import bodies

BEGINNING = b"".join(bodies.TEXT_CHUNKS)


def cut(connection: socket.socket) -> None:
    connection.sendall(HEAD + http_chunk(BEGINNING))


def stall(connection: socket.socket) -> None:
    cut(connection)
    silence(connection)


def verdict(home: Path) -> tuple[str, str, str]:
    row = landed_call(home)
    assert row["reported_cost_usd"] is None
    return row["status"], row["error_type"], row["generation_id"]


def test_a_cut_connection_failed_and_keeps_its_generation(home: Path) -> None:
    with (
        raw_server(cut) as url,
        Recorder(home, base_url=url) as recorder,
        httpx.Client(transport=recorder.transport()) as http,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        http.post(f"{url}/chat/completions", json=PAYLOAD)
    assert verdict(home) == ("failed", "RemoteProtocolError", "gen-1-cut")


@pytest.mark.parametrize("script", [stall, silence])
def test_a_read_timeout_gave_up_a_call_that_may_be_billed(home: Path, script: Script) -> None:
    with (
        raw_server(script) as url,
        Recorder(home, base_url=url) as recorder,
        httpx.Client(transport=recorder.transport(), timeout=0.1) as http,
        pytest.raises(httpx.ReadTimeout),
    ):
        http.post(f"{url}/chat/completions", json=PAYLOAD)
    row = landed_call(home)
    assert (row["status"], row["error_type"]) == ("cancelled", "ReadTimeout")
    assert row["generation_id"] == ("gen-1-cut" if script is stall else None)


def test_a_refused_connection_failed(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    with (
        Recorder(home, base_url=url) as recorder,
        httpx.Client(transport=recorder.transport()) as http,
        pytest.raises(httpx.ConnectError),
    ):
        http.post(f"{url}/chat/completions", json=PAYLOAD)
    row = landed_call(home)
    assert (row["status"], row["error_type"]) == ("failed", "ConnectError")


def test_a_stream_closed_early_is_cancelled(recorder: Recorder, home: Path) -> None:
    whole = answering(bodies.STREAM, SSE)
    with client(recorder, whole) as http, http.stream("POST", URL, json=PAYLOAD) as response:
        next(response.iter_bytes(100))
    recorder.close()
    assert verdict(home) == ("cancelled", "closed_early", "gen-1-fromTheHeader")


def test_a_stream_never_read_is_cancelled(recorder: Recorder, home: Path) -> None:
    whole = answering(bodies.STREAM, SSE)
    with client(recorder, whole) as http, http.stream("POST", URL, json=PAYLOAD):
        pass
    recorder.close()
    assert verdict(home)[0] == "cancelled"


def test_a_stream_dropped_by_its_reader_is_cancelled(recorder: Recorder, home: Path) -> None:
    with client(recorder, answering(bodies.STREAM, SSE)) as http:
        response = http.send(http.build_request("POST", URL, json=PAYLOAD), stream=True)
        pieces = iter(response.stream)  # type: ignore[arg-type]
        next(pieces)
        del pieces
        recorder.close()
        assert verdict(home)[0] == "cancelled"
        response.close()
    assert len(list((home / "lake" / "usage_events").rglob("*.parquet"))) == 1


def test_a_reader_who_stops_at_done_had_the_whole_reply(recorder: Recorder, home: Path) -> None:
    trailing = answering(bodies.STREAM + bodies.COMMENT * 50, SSE)
    with client(recorder, trailing) as http, http.stream("POST", URL, json=PAYLOAD) as response:
        for line in response.iter_lines():
            if line == "data: [DONE]":
                break
    recorder.close()
    assert landed_call(home)["status"] == "succeeded"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), httpx.ReadError("cut")])
def test_an_error_in_mid_stream_reaches_the_caller_as_the_same_object(
    recorder: Recorder, home: Path, error: BaseException
) -> None:
    def pieces() -> Iterator[bytes]:
        yield bodies.TEXT_CHUNKS[1]
        raise error

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=SSE, content=pieces())

    with pytest.raises(type(error)) as caught:
        post(recorder, answer)
    assert caught.value is error
    recorder.close()
    row = landed_call(home)
    assert row["error_type"] == type(error).__name__
    assert row["status"] == ("failed" if isinstance(error, Exception) else "cancelled")


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), OSError("no route"), httpx.WriteTimeout("")]
)
def test_an_error_before_any_answer_reaches_the_caller_as_the_same_object(
    recorder: Recorder, home: Path, error: BaseException
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(type(error)) as caught:
        post(recorder, answer)
    assert caught.value is error
    recorder.close()
    row = landed_call(home)
    assert row["status"] == ("failed" if isinstance(error, OSError) else "cancelled")


def test_sound_that_was_cut_is_not_called_whole(recorder: Recorder, home: Path) -> None:
    sound = answering(b"ID3" * 100, {"content-type": "audio/mpeg"})
    with (
        client(recorder, sound) as http,
        http.stream("POST", URL, json={"model": "tts"}) as response,
    ):
        next(response.iter_bytes(10))
    recorder.close()
    assert landed_call(home)["status"] == "cancelled"


@pytest.mark.parametrize("script", [stall, silence])
def test_a_cancelled_task_leaves_a_cancelled_call(home: Path, script: Script) -> None:
    async def call(url: str, recorder: Recorder) -> None:
        async with httpx.AsyncClient(transport=recorder.async_transport()) as http:
            async with asyncio.timeout(0.1):
                await http.post(f"{url}/chat/completions", json=PAYLOAD)

    with (
        raw_server(script) as url,
        Recorder(home, base_url=url) as recorder,
        pytest.raises(TimeoutError),
    ):
        asyncio.run(call(url, recorder))
    row = landed_call(home)
    assert (row["status"], row["error_type"]) == ("cancelled", "CancelledError")


def test_an_awaited_stream_closed_early_is_cancelled(home: Path) -> None:
    async def call(url: str, recorder: Recorder) -> None:
        async with (
            httpx.AsyncClient(transport=recorder.async_transport()) as http,
            http.stream("POST", f"{url}/chat/completions", json=PAYLOAD) as response,
        ):
            await anext(response.aiter_bytes())

    with raw_server(stall) as url, Recorder(home, base_url=url) as recorder:
        asyncio.run(call(url, recorder))
    assert verdict(home)[:2] == ("cancelled", "closed_early")
