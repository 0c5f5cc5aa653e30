"""Sends replies over the wire, whole or not: cut off, stalled, or never begun."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ingest.simulator.bill import Outcome
from ingest.simulator.faults import Fault
from ingest.simulator.wire_json import dumps


class Ending(StrEnum):
    """How the sending of a reply ends."""

    COMPLETE = "complete"
    CUT = "cut"
    STALL = "stall"
    SILENT = "silent"


_ENDINGS = {
    Fault.CUT_STREAM: Ending.CUT,
    Fault.STALL: Ending.STALL,
    Fault.SILENT_STALL: Ending.SILENT,
}


def ending_of(fault: Fault | None) -> Ending:
    """The ending that a fault means; most faults leave the sending itself alone."""
    return Ending.COMPLETE if fault is None else _ENDINGS.get(fault, Ending.COMPLETE)


@dataclass(frozen=True)
class Pace:
    """How long a reply takes, and how long a stalled one keeps its client waiting, seconds."""

    latency_seconds: float
    stall_seconds: float


class JsonReply(Response):
    """One JSON body. Its headers leave at once, so that a client that gives up knows the id."""

    def __init__(
        self, body: Mapping[str, object], headers: Mapping[str, str], ending: Ending, pace: Pace
    ) -> None:
        super().__init__(dumps(dict(body)), 200, headers, "application/json")
        self._ending = ending
        self._pace = pace

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send headers, wait as long as the model takes, send the body as far as it goes."""
        if self._ending is Ending.SILENT:
            await _keep_silent(receive, self._pace.stall_seconds)
        await _send_start(self, send)
        await asyncio.sleep(self._pace.latency_seconds)
        body = bytes(self.body)
        if self._ending is Ending.STALL:
            await _keep_silent(receive, self._pace.stall_seconds)
        elif self._ending is Ending.CUT:
            # To return before the body is whole makes the server close the connection.
            await _send_body(send, body[: len(body) // 2], more=True)
        else:
            await _send_body(send, body, more=False)


@dataclass(frozen=True)
class StreamEvent:
    """Bytes to send, and how many pieces of the answer have been produced once they are sent."""

    content: bytes
    piece_count: int


@dataclass(frozen=True)
class StreamScript:
    """What a stream sends. `outcome` is charged just before the event at `settles_before`."""

    events: tuple[StreamEvent, ...]
    settles_before: int
    outcome: Outcome
    ending: Ending


class StreamReply(Response):
    """Server-sent events that follow a script for as long as the client listens."""

    media_type = "text/event-stream"

    def __init__(
        self,
        script: StreamScript,
        headers: Mapping[str, str],
        pace: Pace,
        settle: Callable[[Outcome], None],
        interrupted: Callable[[int], Outcome],
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"cache-control": "no-cache", **headers})
        self._script = script
        self._pace = pace
        self._settle = settle
        self._interrupted = interrupted

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send event by event; what is charged is decided before the client can read it."""
        if self._script.ending is not Ending.SILENT:
            await _send_start(self, send)
        gone = asyncio.ensure_future(_client_gone(receive))
        try:
            await self._follow_script(send, gone)
        finally:
            gone.cancel()

    async def _follow_script(self, send: Send, gone: "asyncio.Future[None]") -> None:
        pause_seconds = self._pace.latency_seconds / max(1, len(self._script.events))
        piece_count = 0
        for position, event in enumerate(self._script.events):
            await asyncio.sleep(pause_seconds)
            if gone.done() and position <= self._script.settles_before:
                self._settle(self._interrupted(piece_count))
                return
            if position == self._script.settles_before:
                self._settle(self._script.outcome)
            if self._script.ending is not Ending.SILENT:
                await _send_body(send, event.content, more=True)
            piece_count = event.piece_count
        await self._end(send, gone)

    async def _end(self, send: Send, gone: "asyncio.Future[None]") -> None:
        if self._script.settles_before == len(self._script.events):
            self._settle(self._script.outcome)
        if self._script.ending is Ending.COMPLETE:
            await _send_body(send, b"", more=False)
        elif self._script.ending is not Ending.CUT:
            await asyncio.wait([gone], timeout=self._pace.stall_seconds)


async def _send_start(response: Response, send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
    )


async def _send_body(send: Send, content: bytes, more: bool) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": more})


async def _client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _keep_silent(receive: Receive, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_client_gone(receive), seconds)
