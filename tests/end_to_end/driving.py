"""Calls every endpoint in every way there is to fail, and holds what came against what was sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx

from ingest import Recorder, attribute
from ingest.simulator import RunningSimulator
from tests.simulator.endpoints import ENDPOINTS, JOBS

REFUSALS = {
    "bad_request": 400,
    "unauthorized": 401,
    "in_flight_budget": 402,
    "budget_spent": 403,
    "no_endpoints": 404,
    "timeout": 408,
    "too_large": 413,
    "unprocessable": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "bad_gateway": 502,
    "bad_gateway_html": 502,
    "unavailable": 503,
    "gateway_timeout": 504,
    "edge_timeout": 524,
    "overloaded": 529,
}
IN_STREAMS = ("error_mid_stream", "error_with_usage")
GIVEN_UP = ("stall", "silent_stall")
CLOSED_EARLY = "closed_early"
ENDINGS = (
    "",
    CLOSED_EARLY,
    *REFUSALS,
    "error_200",
    "choice_error",
    *IN_STREAMS,
    "no_usage",
    "cut_stream",
    *GIVEN_UP,
    "truncated_gzip",
    "invalid_utf8",
)
QUESTIONS = (
    "",
    "rate_limited",
    "edge_timeout",
    "cut_stream",
    "stall",
    "truncated_gzip",
    "invalid_utf8",
)
CALLS = [
    *(f"{name}: {ending}" for name in ENDPOINTS for ending in ENDINGS),
    *(f"{name} asked for: {fault}" for name in JOBS for fault in QUESTIONS),
]
"""The ebook of each call says which it is."""
_PATIENCE_SECONDS = 0.3


class Caller(Protocol):
    """A client that gives back what it read, and of it as much as its reader wanted."""

    async def call(
        self, method: str, path: str, fault: str, content: dict[str, Any], closes_early: bool
    ) -> bytes: ...


async def make_every_call(caller: Caller, job_seconds: float) -> None:
    """One call of each kind, one after the other."""
    for name, asked in ENDPOINTS.items():
        for ending in ENDINGS:
            fault = "" if ending == CLOSED_EARLY else ending
            with attribute(ebook_id=f"{name}: {ending}"):
                await caller.call("POST", asked.path, fault, asked.content, fault != ending)
    for name in JOBS:
        for fault in QUESTIONS:
            asked = ENDPOINTS[name]
            with attribute(ebook_id=f"{name} asked for: {fault}"):
                job = json.loads(await caller.call("POST", asked.path, "", asked.content, False))
            await asyncio.sleep(job_seconds)
            for question in {fault: 1, "": 1}:
                await caller.call("GET", f"{asked.path}/{job['id']}", question, {}, False)


class BlockingCaller:
    """Calls through `Recorder.transport`."""

    def __init__(self, client: httpx.Client, tap: "Tap") -> None:
        self._client = client
        self._tap = tap

    async def call(
        self, method: str, path: str, fault: str, content: dict[str, Any], closes_early: bool
    ) -> bytes:
        came: list[bytes] = []
        try:
            with self._client.stream(method, path, headers=_asking(fault), **content) as reply:
                for chunk in reply.iter_raw():
                    came.append(chunk)
                    if closes_early:
                        break
        except (httpx.RemoteProtocolError, httpx.ReadTimeout):
            assert fault in ("cut_stream", *GIVEN_UP), (path, fault)
        assert came == self._tap.sent, (path, fault)
        return b"".join(came)


class AwaitingCaller:
    """Calls through `Recorder.async_transport`."""

    def __init__(self, client: httpx.AsyncClient, tap: "Tap") -> None:
        self._client = client
        self._tap = tap

    async def call(
        self, method: str, path: str, fault: str, content: dict[str, Any], closes_early: bool
    ) -> bytes:
        came: list[bytes] = []
        try:
            async with self._client.stream(
                method, path, headers=_asking(fault), **content
            ) as reply:
                async for chunk in reply.aiter_raw():
                    came.append(chunk)
                    if closes_early:
                        break
        except (httpx.RemoteProtocolError, httpx.ReadTimeout):
            assert fault in ("cut_stream", *GIVEN_UP), (path, fault)
        assert came == self._tap.sent, (path, fault)
        return b"".join(came)


async def drive(simulator: RunningSimulator, home: Path, key: str, *, is_awaited: bool) -> None:
    """Make every call with a recording client."""
    tap = Tap()
    options: Any = {
        "base_url": simulator.base_url,
        "headers": {"Authorization": f"Bearer {key}"},
        "timeout": _PATIENCE_SECONDS,
    }
    job_seconds = simulator.simulator.config.job_seconds
    with Recorder(home, base_url=simulator.base_url) as recorder:
        if is_awaited:
            transport = recorder.async_transport(tap)
            async with httpx.AsyncClient(transport=transport, **options) as client:
                await make_every_call(AwaitingCaller(client, tap), job_seconds)
        else:
            with httpx.Client(transport=recorder.transport(tap), **options) as blocking:
                await make_every_call(BlockingCaller(blocking, tap), job_seconds)
        assert recorder.failure_count == 0


class Tap(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that keeps what the server sent, before anybody else sees it."""

    def __init__(self) -> None:
        self._blocking = httpx.HTTPTransport()
        self._awaiting = httpx.AsyncHTTPTransport()
        self.sent: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent = []
        response = self._blocking.handle_request(request)
        response.stream = _Tapped(response.stream, self.sent)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent = []
        response = await self._awaiting.handle_async_request(request)
        response.stream = _Tapped(response.stream, self.sent)
        return response

    def close(self) -> None:
        self._blocking.close()

    async def aclose(self) -> None:
        await self._awaiting.aclose()


class _Tapped(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, inner: Any, sent: list[bytes]) -> None:
        self._inner = inner
        self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._sent.append(chunk)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._sent.append(chunk)
            yield chunk

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner.aclose()


def _asking(fault: str) -> dict[str, str]:
    return {"X-Simulate-Fault": fault} if fault else {}
