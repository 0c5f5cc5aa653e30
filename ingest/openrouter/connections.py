"""Connections of the asynchronous client: one to a transport, the last used first.

httpx's own pool looks at every connection for every request that begins or ends: with many calls
in flight that is most of what a call takes. Here each connection is a transport of httpx by
itself, so that errors, time-outs, cancellation and keep-alive are httpx's, and none is looked at
but the one that is used.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx

IDLE_CONNECTIONS = 100
"""Kept open for later calls; more are closed when their call ends."""


class Connections(httpx.AsyncBaseTransport):
    """As many connections as calls are in flight. `timeout.pool` does not apply: none waits."""

    def __init__(self) -> None:
        # Reading the certificates takes longer than a call.
        self._certificates = httpx.create_ssl_context()
        self._idle: list[httpx.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        connection = self._idle.pop() if self._idle else self._new()
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await self.give_back(connection)
            raise
        response.stream = _Stream(response.stream, self, connection)
        return response

    async def give_back(self, connection: httpx.AsyncHTTPTransport) -> None:
        """A call is over, whole or not: httpx has closed what cannot be used again."""
        if len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            await connection.aclose()

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()

    def _new(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(
            verify=self._certificates, limits=httpx.Limits(max_connections=1)
        )


class _Stream(httpx.AsyncByteStream):
    def __init__(
        self,
        inner: Any,
        connections: Connections,
        connection: httpx.AsyncHTTPTransport,
    ) -> None:
        self._inner = inner
        self._connections = connections
        self._connection: httpx.AsyncHTTPTransport | None = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: AsyncIterator[bytes] = self._inner.__aiter__()
        return pieces

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            connection, self._connection = self._connection, None
            if connection is not None:
                await self._connections.give_back(connection)
