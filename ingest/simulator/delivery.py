"""Sends a body over the wire, whole or not: cut off, stalled, torn, or never begun."""

import asyncio
import contextlib
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ingest.simulator.faults import Fault

GZIP = {"content-encoding": "gzip"}


class Ending(StrEnum):
    """How the sending of a reply ends. A torn one ends as if it were whole, within its gzip."""

    COMPLETE = "complete"
    CUT = "cut"
    STALL = "stall"
    SILENT = "silent"
    TORN = "torn"


_ENDINGS = {
    Fault.CUT_STREAM: Ending.CUT,
    Fault.STALL: Ending.STALL,
    Fault.SILENT_STALL: Ending.SILENT,
    Fault.TRUNCATED_GZIP: Ending.TORN,
}


def ending_of(fault: Fault | None) -> Ending:
    """The ending that a fault means; most faults leave the sending itself alone."""
    return Ending.COMPLETE if fault is None else _ENDINGS.get(fault, Ending.COMPLETE)


@dataclass(frozen=True)
class Pace:
    """How long a reply takes, and how long a stalled one keeps its client waiting, seconds."""

    latency_seconds: float
    stall_seconds: float


class WholeReply(Response):
    """One body. Its headers leave at once, so that a client that gives up knows the id."""

    def __init__(
        self,
        content: bytes,
        headers: Mapping[str, str],
        ending: Ending,
        pace: Pace,
        *,
        media_type: str = "application/json",
        status: int = 200,
    ) -> None:
        if ending is Ending.TORN:
            packed = gzip.compress(content, mtime=0)
            content, headers = packed[: len(packed) // 2], {**headers, **GZIP}
        super().__init__(content, status, headers, media_type)
        self._ending = ending
        self._pace = pace

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send headers, wait as long as the model takes, send the body as far as it goes."""
        if self._ending is Ending.SILENT:
            await _keep_silent(receive, self._pace.stall_seconds)
        await send_start(self, send)
        await asyncio.sleep(self._pace.latency_seconds)
        body = bytes(self.body)
        if self._ending is Ending.STALL:
            await _keep_silent(receive, self._pace.stall_seconds)
        elif self._ending is Ending.CUT:
            # To return before the body is whole makes the server close the connection.
            await send_body(send, body[: len(body) // 2], more=True)
        else:
            await send_body(send, body, more=False)


async def send_start(response: Response, send: Send) -> None:
    """Send status and headers, which is when a client learns the generation id."""
    await send(
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
    )


async def send_body(send: Send, content: bytes, more: bool) -> None:
    """Send a portion of the body, the last one if there is no more."""
    await send({"type": "http.response.body", "body": content, "more_body": more})


async def client_gone(receive: Receive) -> None:
    """Return when the client has closed its end."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _keep_silent(receive: Receive, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client_gone(receive), seconds)
