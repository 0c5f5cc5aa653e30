"""A server that says exactly what it is told, byte by byte, and may then break off."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-generation-id: gen-1-cut\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)

Script = Callable[[socket.socket], None]


def http_chunk(content: bytes) -> bytes:
    """One piece of a chunked body."""
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


@contextmanager
def raw_server(script: Script) -> Iterator[str]:
    """Serve until the block ends; gives the base URL. `script` talks on each connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=_serve, args=(listener, script), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, script: Script) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(30)
            with connection, suppress(OSError):
                read_request(connection)
                script(connection)


def read_request(connection: socket.socket) -> bytes:
    """Headers and body of one request; `ConnectionError` when the client left before its end."""
    received = b""
    while not _is_whole(received):
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("the client went away")
        received += piece
    return received


def _is_whole(received: bytes) -> bool:
    head, is_complete, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    return bool(is_complete) and len(body) >= int(lengths[0].partition(b":")[2])


def silence(connection: socket.socket) -> None:
    """Say nothing more until the client goes away."""
    connection.recv(1)
