"""A server that answers chat requests with one fixed reply, cheaper than any client of it.

python bench/server.py LATENCY_SECONDS prints its port, and serves until it is killed.
"""

import asyncio
import json
import sys

GENERATION = "gen-1760600001-inkledgerBenchBodyA"
USAGE = {
    "prompt_tokens": 254,
    "completion_tokens": 50,
    "total_tokens": 304,
    "cost": 0.0076509169,
    "is_byok": False,
    "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 20},
    "cost_details": {"upstream_inference_cost": 0.0006509169},
    "completion_tokens_details": {"reasoning_tokens": 3, "image_tokens": 0},
}
COMMON = {
    "id": GENERATION,
    "created": 1760600001,
    "model": "openai/gpt-5-nano-2025-08-07",
    "provider": "OpenAI",
    "system_fingerprint": None,
}


def whole() -> bytes:
    message = {"role": "assistant", "content": "A fox in the forest. " * 20, "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {**COMMON, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    return _response("application/json", json.dumps(body).encode())


def streamed() -> bytes:
    deltas = [({"role": "assistant", "content": f"word {number} "}, None) for number in range(50)]
    events = [_chunk(delta, reason) for delta, reason in [*deltas, ({"content": ""}, "stop")]]
    events.append(
        _event({**COMMON, "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
    )
    return _response("text/event-stream", b"".join(events) + b"data: [DONE]\n\n")


def _chunk(delta: dict[str, object], reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return _event({**COMMON, "object": "chat.completion.chunk", "choices": [choice]})


def _event(document: dict[str, object]) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def _response(content_type: str, body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\n"
        f"content-type: {content_type}\r\n"
        f"x-generation-id: {GENERATION}\r\n"
        "x-provider-name: OpenAI\r\n"
        "transfer-encoding: chunked\r\n\r\n"
    ).encode()
    pieces = body.split(b"\n\n") if content_type == "text/event-stream" else [body]
    chunks = [piece + (b"\n\n" if len(pieces) > 1 else b"") for piece in pieces if piece]
    framed = b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks)
    return head + framed + b"0\r\n\r\n"


class Answering(asyncio.Protocol):
    """Just enough of HTTP/1.1 for well-behaved clients: a length, a body, keep-alive."""

    latency_seconds = 0.0
    replies = (whole(), streamed())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return
        self._received = b""
        is_streamed = b'"stream":true' in body.replace(b" ", b"")
        loop = asyncio.get_running_loop()
        loop.call_later(self.latency_seconds, self._answer, self.replies[is_streamed])

    def _answer(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)  # type: ignore[attr-defined]


async def main(latency_seconds: float) -> None:
    Answering.latency_seconds = latency_seconds
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
