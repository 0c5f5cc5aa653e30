"""Transports that let everything pass unchanged, and tell the recorder about it.

They serve httpx and httpx2: what must come from the library that is in use is taken from the
library of the request or response at hand.
"""

from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from ingest.recording.fit import (
    ForAsynchronousClients,
    ForSynchronousClients,
    refuse_the_other_library,
    refuse_what_cannot_send,
)
from ingest.recording.following import Follower, followed
from ingest.recording.fork_lock import ForkLock
from ingest.recording.library import library_of

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder

_IN_HAND = "inkledger_in_hand"
"""Request extension that keeps a recording transport around another from recording twice."""
_mark_here: ContextVar[object] = ContextVar("inkledger_in_hand", default=None)
"""The mark of the request that this thread or task has in hand: others may send the same one."""


class RecordingTransport(ForSynchronousClients, httpx.BaseTransport):
    """Around a synchronous transport; made by `Recorder.transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.BaseTransport | None) -> None:
        refuse_what_cannot_send(inner, "handle_request")
        self._recorder = recorder
        self._inner = inner
        self._lock = ForkLock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        inner = self._inner or self._inner_for(request)
        refuse_the_other_library(type(inner), type(request))
        follower = _begin(self._recorder, request)
        if follower is None:
            return inner.handle_request(request)
        try:
            self._recorder.spool.reach_disk()
            response = inner.handle_request(follower.request)
        except BaseException as error:
            self._recorder.guard(follower.end, error)
            raise
        finally:
            # Sent again, the same request is an attempt of its own.
            request.extensions.pop(_IN_HAND, None)
        return followed(response, follower, self._recorder)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()

    def __enter__(self) -> Self:
        if self._inner is not None:
            self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        if self._inner is not None:
            self._inner.__exit__(kind, error, traceback)

    def _inner_for(self, request: httpx.Request) -> httpx.BaseTransport:
        with self._lock:
            if self._inner is None:
                self._inner = library_of(type(request)).HTTPTransport()
            return self._inner


class AsyncRecordingTransport(ForAsynchronousClients, httpx.AsyncBaseTransport):
    """Around an asynchronous transport; made by `Recorder.async_transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.AsyncBaseTransport | None) -> None:
        refuse_what_cannot_send(inner, "handle_async_request")
        self._recorder = recorder
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._inner is None:
            self._inner = library_of(type(request)).AsyncHTTPTransport()
        refuse_the_other_library(type(self._inner), type(request))
        follower = _begin(self._recorder, request)
        if follower is None:
            return await self._inner.handle_async_request(request)
        try:
            await self._recorder.spool.reach_disk_async()
            response = await self._inner.handle_async_request(follower.request)
        except BaseException as error:
            self._recorder.guard(follower.end, error)
            raise
        finally:
            request.extensions.pop(_IN_HAND, None)
        return followed(response, follower, self._recorder)

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()

    async def __aenter__(self) -> Self:
        if self._inner is not None:
            await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        if self._inner is not None:
            await self._inner.__aexit__(kind, error, traceback)


def _begin(recorder: "Recorder", request: httpx.Request) -> Follower | None:
    mark = request.extensions.get(_IN_HAND)
    if mark is not None and mark is _mark_here.get():
        return None
    follower: Follower | None = recorder.begin(request)
    if follower is not None:
        mark = object()
        _mark_here.set(mark)
        request.extensions[_IN_HAND] = follower.request.extensions[_IN_HAND] = mark
    return follower
