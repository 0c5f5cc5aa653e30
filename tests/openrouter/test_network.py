"""The connections of asyncio under httpcore: encrypted, slow, full, gone."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from ingest.openrouter.connections import Connections

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def server_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate, of an authority that clients are told to trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    async with await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context) as server:
        scheme = "http" if context is None else "https"
        yield f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}/"


def client(**options: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=Connections(), **{"timeout": 5, **options})  # type: ignore[arg-type]


class Answering:
    """Answers each request, and counts connections."""

    def __init__(self) -> None:
        self.connection_count = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


async def waiting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says and takes nothing."""
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        pass
    finally:
        writer.close()


def test_an_encrypted_connection_is_used_again(server_side: ssl.SSLContext) -> None:
    async def run() -> int:
        handler = Answering()
        async with serving(handler, server_side) as url, client() as http:
            for _ in range(3):
                assert (await http.get(url)).text == "hello"
        return handler.connection_count

    assert asyncio.run(run()) == 1


def test_a_certificate_of_somebody_else_is_a_connect_error(server_side: ssl.SSLContext) -> None:
    async def run() -> None:
        async with serving(Answering(), server_side) as url, client() as http:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await http.get(url.replace("localhost", "127.0.0.1"))

    asyncio.run(run())


def test_a_server_that_never_shakes_hands_is_a_connect_timeout() -> None:
    async def run() -> None:
        async with serving(waiting) as url, client(timeout=0.2) as http:
            with pytest.raises(httpx.ConnectTimeout):
                await http.get(url.replace("http:", "https:"))

    asyncio.run(run())


def test_an_upload_that_nobody_takes_is_a_write_timeout() -> None:
    async def run() -> None:
        timeout = httpx.Timeout(5, write=0.2)
        async with serving(waiting) as url, client(timeout=timeout) as http:
            with pytest.raises(httpx.WriteTimeout):
                await http.post(url, content=b"x" * 50_000_000)

    asyncio.run(run())


def test_a_large_upload_arrives_whole(server_side: ssl.SSLContext) -> None:
    size = 20_000_000

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert str(size).encode() in head
        await reader.readexactly(size)
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async def run() -> None:
        async with serving(counting, server_side) as url, client() as http:
            assert (await http.post(url, content=b"x" * size)).text == "hello"

    asyncio.run(run())


def test_a_connection_reset_in_mid_answer_is_an_error_of_reading() -> None:
    async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER[:-2])
        await writer.drain()
        writer.transport.abort()

    async def run() -> None:
        async with serving(resetting) as url, client() as http:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await http.get(url)

    asyncio.run(run())


PROGRAM_OF_TWO_LOOPS = """
import asyncio, httpx
from ingest.openrouter.connections import Connections
from tests.openrouter.test_network import Answering, serving

transport = Connections()

async def ask():
    async with serving(Answering()) as url:
        response = await transport.handle_async_request(httpx.Request("GET", url))
        print(b"".join([piece async for piece in response.stream]).decode())
        await response.stream.aclose()

asyncio.run(ask())
asyncio.run(ask())
asyncio.run(transport.aclose())
"""


def test_a_client_outlives_the_loop_it_was_first_used_in() -> None:
    # A program of its own: what a dead loop left open is told when Python collects it.
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM_OF_TWO_LOOPS],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (finished.stdout, finished.returncode) == ("hello\nhello\n", 0), finished.stderr
