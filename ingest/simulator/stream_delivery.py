"""Sends server-sent events by a script, and charges what was produced when the script breaks."""

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ingest.simulator.bill import Outcome
from ingest.simulator.delivery import GZIP, Ending, Pace, client_gone, send_body, send_start


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

    def contents(self) -> list[bytes]:
        """What goes over the wire for each event."""
        plain = [event.content for event in self.events]
        return _torn_gzip(plain) if self.ending is Ending.TORN else plain


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
        is_torn = script.ending is Ending.TORN
        self.init_headers({"cache-control": "no-cache", **headers, **(GZIP if is_torn else {})})
        self._script = script
        self._pace = pace
        self._settle = settle
        self._interrupted = interrupted

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send event by event; what is charged is decided before the client can read it."""
        if self._script.ending is not Ending.SILENT:
            await send_start(self, send)
        gone = asyncio.ensure_future(client_gone(receive))
        try:
            await self._follow_script(send, gone)
        finally:
            gone.cancel()

    async def _follow_script(self, send: Send, gone: "asyncio.Future[None]") -> None:
        pause_seconds = self._pace.latency_seconds / max(1, len(self._script.events))
        piece_count = 0
        contents = self._script.contents()
        for position, event in enumerate(self._script.events):
            await _pause(gone, pause_seconds)
            if gone.done() and position <= self._script.settles_before:
                self._settle(self._interrupted(piece_count))
                return
            if position == self._script.settles_before:
                self._settle(self._script.outcome)
            if self._script.ending is not Ending.SILENT:
                await send_body(send, contents[position], more=True)
            piece_count = event.piece_count
        await self._end(send, gone)

    async def _end(self, send: Send, gone: "asyncio.Future[None]") -> None:
        if self._script.settles_before == len(self._script.events):
            self._settle(self._script.outcome)
        if self._script.ending in (Ending.COMPLETE, Ending.TORN):
            await send_body(send, b"", more=False)
        elif self._script.ending is not Ending.CUT:
            await asyncio.wait([gone], timeout=self._pace.stall_seconds)


def _torn_gzip(contents: Sequence[bytes]) -> list[bytes]:
    """Each event compressed as it comes; of the last one only half, and no end."""
    packer = zlib.compressobj(wbits=_GZIP_BITS)
    packed = [packer.compress(each) + packer.flush(zlib.Z_SYNC_FLUSH) for each in contents]
    return [*packed[:-1], *(last[: len(last) // 2] for last in packed[-1:])]


_GZIP_BITS = 31
"""zlib's way to say: with the header of gzip."""


async def _pause(gone: "asyncio.Future[None]", seconds: float) -> None:
    """Wait for the model, but no longer than for the client to leave."""
    if seconds:
        await asyncio.wait([gone], timeout=seconds)
    else:
        await asyncio.sleep(0)
