"""Many calls at once: each has a connection, and connections are used again."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from ingest.openrouter.connections import Connections

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


class Server:
    """Answers each request after a while, and counts connections and calls in flight."""

    def __init__(self, *, answer: bytes = HEAD + b"hello", pause_seconds: float = 0.05) -> None:
        self.answer = answer
        self.pause_seconds = pause_seconds
        self.connection_count = 0
        self.in_flight = 0
        self.most_in_flight = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                await asyncio.sleep(self.pause_seconds)
                self.in_flight -= 1
                writer.write(self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # The client has left, or the test is over.
        finally:
            writer.close()


@asynccontextmanager
async def serving(handler: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with await asyncio.start_server(handler, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with httpx.AsyncClient(
            transport=Connections(), base_url=f"http://127.0.0.1:{port}", timeout=5
        ) as client:
            yield client


def test_a_hundred_and_fifty_calls_are_in_flight_at_once_and_their_connections_used_again() -> None:
    async def run() -> Server:
        handler = Server(pause_seconds=0.3)
        async with serving(handler) as client:
            for _ in range(2):
                replies = await asyncio.gather(*(client.get("/") for _ in range(150)))
                assert {reply.text for reply in replies} == {"hello"}
        return handler

    handler = asyncio.run(run())
    assert handler.most_in_flight == 150
    assert handler.connection_count <= 200


def test_one_call_after_the_other_uses_one_connection() -> None:
    async def run() -> int:
        handler = Server(pause_seconds=0)
        async with serving(handler) as client:
            for _ in range(5):
                await client.get("/")
        return handler.connection_count

    assert asyncio.run(run()) == 1


def test_a_call_that_was_given_up_leaves_no_answer_to_the_next() -> None:
    async def run() -> None:
        handler = Server(pause_seconds=0.2)
        async with serving(handler) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/slow", timeout=0.05)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get("/cancelled"), 0.05)
            async with client.stream("GET", "/closed-early"):
                pass
            handler.answer = HEAD + b"fresh"
            assert (await client.get("/")).text == "fresh"

    asyncio.run(run())


def test_errors_are_httpx_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def run() -> None:
        async with httpx.AsyncClient(transport=Connections()) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(closed)
        async with serving(Server(answer=HEAD + b"hel")) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/", timeout=0.3)
        async with serving(Server(answer=b"nonsense\r\n\r\n")) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/")

    asyncio.run(run())


def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    async def run() -> int:
        handler = Server(
            answer=b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            pause_seconds=0,
        )
        async with serving(handler) as client:
            for _ in range(3):
                assert (await client.get("/")).text == "ok"
        return handler.connection_count

    assert asyncio.run(run()) == 3
