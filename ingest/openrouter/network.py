"""httpcore's connections over asyncio's own streams.

httpcore reaches asyncio through anyio, which looks at the sockets' addresses and opens scopes of
cancellation for every piece: with many calls in flight that is a third of what one takes.
"""

# ruff: noqa: ASYNC109 - the signatures are httpcore's.

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

HAPPY_EYEBALLS_SECONDS = 0.25
"""RFC 8305: how long an address may take before the next is tried beside it."""


class AsyncioNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections in the running loop of asyncio."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with _told_as(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                streams = await asyncio.open_connection(
                    host,
                    port,
                    local_addr=None if local_address is None else (local_address, 0),
                    happy_eyeballs_delay=HAPPY_EYEBALLS_SECONDS,
                )
        for option in socket_options or ():
            streams[1].get_extra_info("socket").setsockopt(*option)
        return _Stream(*streams)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _told_as(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _told_as(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()

    async def aclose(self) -> None:
        self._writer.close()
        try:
            await asyncio.sleep(0)
        finally:
            # What TLS would still say to the other side is not waited for.
            self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with _told_as(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                async with asyncio.timeout(timeout):
                    await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
            except BaseException:
                await self.aclose()
                raise
        return self

    def get_extra_info(self, info: str) -> Any:
        # "Readable" of a connection that waits for its next request: the server has left.
        return self._reader.at_eof() if info == "is_readable" else self._writer.get_extra_info(info)


@contextmanager
def _told_as(
    too_late: type[httpcore.TimeoutException], broken: type[httpcore.NetworkError]
) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:  # Before `OSError`, which it is.
        raise too_late(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error
