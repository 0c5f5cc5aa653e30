"""Whatever transport is inside and client outside: recorded, or refused in one sentence."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trio

from ingest.errors import UsageError
from ingest.recording.recorder import Recorder
from tests.landed import landed, landed_call
from tests.recording.calls import JSON, PAYLOAD, URL, client
from tests.wire import bodies

COST = Decimal("0.007650916900")


async def pieces() -> AsyncIterator[bytes]:
    yield bodies.CHAT[:40]
    yield bodies.CHAT[40:]


def answer_later(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers=JSON, content=pieces())


class Reading(httpx.BaseTransport):
    """Reads each answer before it hands it on, as transports that log or retry do."""

    def __init__(self, body: bytes, headers: dict[str, str]) -> None:
        self.body = body
        self.headers = {**JSON, **headers}

    def pieces(self) -> Iterator[bytes]:
        yield self.body[:40]
        yield self.body[40:]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = httpx.Response(200, headers=self.headers, content=self.pieces())
        response.read()
        return response


class ReadingLater(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = answer_later(request)
        await response.aread()
        return response


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(Reading(bodies.CHAT, {}), id="plain"),
        pytest.param(Reading(gzip.compress(bodies.CHAT), {"content-encoding": "gzip"}), id="gzip"),
    ],
)
def test_a_transport_that_reads_the_answer_itself_is_recorded(
    recorder: Recorder, home: Path, inner: httpx.BaseTransport
) -> None:
    with httpx.Client(transport=recorder.transport(inner)) as http:
        assert http.post(URL, json=PAYLOAD).content == bodies.CHAT
    recorder.close()
    row = landed_call(home)
    assert (row["status"], row["reported_cost_usd"]) == ("succeeded", COST)
    assert recorder.failure_count == 0


def test_an_awaited_transport_that_reads_the_answer_itself_is_recorded(
    recorder: Recorder, home: Path
) -> None:
    async def call() -> bytes:
        async with httpx.AsyncClient(transport=recorder.async_transport(ReadingLater())) as http:
            return (await http.post(URL, json=PAYLOAD)).content

    assert asyncio.run(call()) == bodies.CHAT
    recorder.close()
    assert landed_call(home)["reported_cost_usd"] == COST


def test_one_request_that_is_under_way_twice_is_two_attempts(
    recorder: Recorder, home: Path
) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        return httpx.Response(200, headers=JSON, content=bodies.CHAT)

    async def hedge() -> None:
        transport = recorder.async_transport(httpx.MockTransport(answer))
        async with httpx.AsyncClient(transport=transport) as http:
            request = http.build_request("POST", URL, json=PAYLOAD)
            await asyncio.gather(http.send(request), http.send(request))

    asyncio.run(hedge())
    recorder.close()
    assert [row["reported_cost_usd"] for row in landed(home)] == [COST, COST]


def test_a_recording_transport_around_another_records_once(recorder: Recorder, home: Path) -> None:
    inner = httpx.MockTransport(lambda _: httpx.Response(200, headers=JSON, content=bodies.CHAT))
    transport = recorder.transport(recorder.transport(inner))
    with httpx.Client(transport=transport) as http:
        http.post(URL, json=PAYLOAD)
        http.post(URL, json=PAYLOAD)
    recorder.close()
    assert len(landed(home)) == 2


def test_a_redirect_that_the_client_follows_is_an_attempt_before_the_next(
    recorder: Recorder, home: Path
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "openrouter.ai":
            elsewhere = URL.replace("openrouter.ai", "eu.openrouter.ai")
            return httpx.Response(307, headers={"location": elsewhere})
        return httpx.Response(200, headers=JSON, content=bodies.CHAT)

    with client(recorder, answer) as http:
        assert http.post(URL, json=PAYLOAD, follow_redirects=True).content == bodies.CHAT
    recorder.close()
    first, second = landed(home)
    assert (first["status"], first["error_type"]) == ("failed", "http_307")
    assert second["reported_cost_usd"] == COST
    assert second["requested_model"] == first["requested_model"] == PAYLOAD["model"]
    assert (second["operation_id"], second["attempt_number"]) == (first["operation_id"], 2)


@pytest.mark.parametrize("durability", ["process", "disk"])
def test_calls_of_trio_are_recorded(home: Path, durability: Any) -> None:
    async def call() -> bytes:
        inner = httpx.MockTransport(answer_later)
        async with httpx.AsyncClient(transport=recorder.async_transport(inner)) as http:
            return (await http.post(URL, json=PAYLOAD)).content

    with Recorder(home, durability=durability) as recorder:
        assert trio.run(call) == bodies.CHAT
    assert landed_call(home)["reported_cost_usd"] == COST


@pytest.mark.parametrize(
    ("outer", "inner"), [(httpx, httpx2), (httpx2, httpx)], ids=["httpx", "httpx2"]
)
def test_a_transport_of_the_other_library_is_refused_before_anything_is_sent(
    recorder: Recorder, home: Path, outer: Any, inner: Any
) -> None:
    async def call() -> None:
        transport = recorder.async_transport(inner.AsyncHTTPTransport())
        async with outer.AsyncClient(transport=transport) as http:
            await http.post(URL, json=PAYLOAD)

    said = f"The client is of {outer.__name__} and HTTPTransport of {inner.__name__}: give"
    with (
        outer.Client(transport=recorder.transport(inner.HTTPTransport())) as http,
        pytest.raises(UsageError, match=said),
    ):
        http.post(URL, json=PAYLOAD)
    with pytest.raises(UsageError, match=said.replace("HTTP", "AsyncHTTP")):
        asyncio.run(call())
    recorder.close()
    assert landed(home) == []


@pytest.mark.parametrize(
    "give",
    [
        pytest.param(
            lambda recorder: recorder.transport(httpx.AsyncHTTPTransport()), id="asynchronous"
        ),
        pytest.param(
            lambda recorder: recorder.async_transport(httpx.HTTPTransport()), id="synchronous"
        ),
        pytest.param(lambda recorder: recorder.transport(httpx.Client()), id="a client"),
    ],
)
def test_what_cannot_send_is_refused_when_it_is_given(
    recorder: Recorder, give: Callable[[Recorder], object]
) -> None:
    with pytest.raises(
        UsageError, match=r"is not an? a?synchronous transport: transport\(\) takes"
    ):
        give(recorder)


def test_a_client_of_the_other_kind_is_told_which_transport_it_takes(recorder: Recorder) -> None:
    async def enter() -> None:
        async with httpx.AsyncClient(transport=recorder.transport()):  # type: ignore[arg-type]
            pass

    async def post() -> None:
        http = httpx.AsyncClient(transport=recorder.transport())  # type: ignore[arg-type]
        await http.post(URL, json=PAYLOAD)

    for call in (enter, post):
        with pytest.raises(UsageError, match="an asynchronous client, which takes one of"):
            asyncio.run(call())
    transport: Any = recorder.async_transport()
    with pytest.raises(UsageError, match="a synchronous client, which takes one of"):
        httpx.Client(transport=transport).post(URL, json=PAYLOAD)
    with (
        pytest.raises(UsageError, match="a synchronous client, which takes one of"),
        httpx.Client(transport=transport),
    ):
        pass
