"""Connections of the asynchronous client: one to a call in flight, the last used first.

httpx's own pool looks at every connection for every request that begins or ends: with many calls
in flight that is most of what a call takes. Here each connection is httpcore's by itself, as
httpx's are, and none is looked at but the one that is used.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from typing import NamedTuple, cast

import httpcore
import httpx

from ingest.openrouter.network import AsyncioNetwork

IDLE_CONNECTIONS = 100
"""Kept open for later calls; more are closed when their call ends."""
IDLE_SECONDS = 5.0
"""How long one waits for its next call, as httpx's do."""


class Address(NamedTuple):
    """Where a connection leads."""

    scheme: bytes
    host: bytes
    port: int


class Connections(httpx.AsyncBaseTransport):
    """As many connections as calls are in flight. `timeout.pool` does not apply: none waits."""

    def __init__(self) -> None:
        # Reading the certificates takes longer than a call.
        self._certificates = httpx.create_ssl_context()
        self._idle: list[_Connection] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = _for_httpcore(request)
        origin = sent.url.origin
        connection = await self._take(Address(origin.scheme, origin.host, origin.port))
        try:
            with _told_by_httpx():
                answer = await connection.http.handle_async_request(sent)
        except BaseException:
            await connection.http.aclose()
            raise
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Stream(answer, self, connection),
            extensions=answer.extensions,
        )

    async def give_back(self, connection: "_Connection") -> None:
        """A call is over, whole or not: httpcore has closed what cannot be used again."""
        if connection.http.is_idle() and len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            await connection.http.aclose()

    async def aclose(self) -> None:
        self._enter_loop()
        while self._idle:
            await self._idle.pop().http.aclose()

    async def _take(self, address: Address) -> "_Connection":
        self._enter_loop()
        while self._idle:
            connection = self._idle.pop()
            if connection.address == address and not connection.http.has_expired():
                return connection
            await connection.http.aclose()
        http = httpcore.AsyncHTTPConnection(
            httpcore.Origin(*address),
            ssl_context=self._certificates,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=AsyncioNetwork() if self._loop else None,
        )
        return _Connection(address, http)

    def _enter_loop(self) -> None:
        loop = _asyncio_loop()
        if loop is not self._loop:
            # The connections of a loop that has ended ended with it.
            self._idle.clear()
            self._loop = loop


class _Connection(NamedTuple):
    address: Address
    http: httpcore.AsyncHTTPConnection


class _Stream(httpx.AsyncByteStream):
    def __init__(
        self, answer: httpcore.Response, connections: Connections, connection: _Connection
    ) -> None:
        self._answer = answer
        self._connections = connections
        self._connection: _Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = cast("AsyncIterable[bytes]", self._answer.stream)
        with _told_by_httpx():
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        try:
            await self._answer.aclose()
        finally:
            connection, self._connection = self._connection, None
            if connection is not None:
                await self._connections.give_back(connection)


def _for_httpcore(request: httpx.Request) -> httpcore.Request:
    url = httpcore.URL(
        scheme=request.url.raw_scheme,
        host=request.url.raw_host,
        port=request.url.port,
        target=request.url.raw_path,
    )
    return httpcore.Request(
        request.method,
        url,
        headers=request.headers.raw,
        content=cast("AsyncIterable[bytes]", request.stream),
        extensions=request.extensions,
    )


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:  # trio, which httpcore knows by itself.
        return None


@contextmanager
def _told_by_httpx() -> Iterator[None]:
    try:
        yield
    except tuple(_HTTPX_ERRORS) as error:
        raise _HTTPX_ERRORS[type(error)](str(error)) from error


_HTTPX_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}
"""httpx has a name of its own for each error of the library below it."""
