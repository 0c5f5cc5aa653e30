"""Transports that let everything pass unchanged, and tell the recorder about it.

They serve httpx and httpx2: what must come from the library that is in use is taken from the
library of the request or response at hand.
"""

import functools
from collections.abc import AsyncIterator, Iterator
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import httpx

from ingest.recording.fork_lock import ForkLock
from ingest.recording.library import library_of

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder

_IN_HAND = "inkledger_in_hand"
"""Request extension that keeps a recording transport around another from recording twice."""


class Follower(Protocol):
    """What listens to a reply as it passes: an `Attempt`, a `JobQuestion`."""

    request: httpx.Request

    def answer(self, http_status: int, headers: httpx.Headers, /) -> None: ...

    def feed(self, chunk: bytes) -> None: ...

    def end(self, error: BaseException | None = None) -> None: ...


class RecordingTransport(httpx.BaseTransport):
    """Around a synchronous transport; made by `Recorder.transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.BaseTransport | None) -> None:
        self._recorder = recorder
        self._inner = inner
        self._lock = ForkLock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        inner = self._inner or self._inner_for(request)
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
            del request.extensions[_IN_HAND]
        return _followed(response, follower, self._recorder)

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
                self._inner = library_of(request).HTTPTransport()
            return self._inner


class AsyncRecordingTransport(httpx.AsyncBaseTransport):
    """Around an asynchronous transport; made by `Recorder.async_transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.AsyncBaseTransport | None) -> None:
        self._recorder = recorder
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._inner is None:
            self._inner = library_of(request).AsyncHTTPTransport()
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
            del request.extensions[_IN_HAND]
        return _followed(response, follower, self._recorder)

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
    if _IN_HAND in request.extensions:
        return None
    follower: Follower | None = recorder.begin(request)
    if follower is not None:
        request.extensions[_IN_HAND] = follower.request.extensions[_IN_HAND] = True
    return follower


def _followed(response: httpx.Response, follower: Follower, recorder: "Recorder") -> httpx.Response:
    recorder.guard(follower.answer, response.status_code, response.headers)
    recorder.guard(_follow, response, follower, recorder)
    return response


def _follow(response: Any, follower: Follower, recorder: "Recorder") -> None:
    stream = _stream_type(library_of(response))(response.stream, follower, recorder)
    if response.is_stream_consumed:
        # A transport that answers from memory: nobody will read this stream again.
        for _ in stream:
            pass
    else:
        response.stream = stream


class _RecordedStream:
    def __init__(self, inner: Any, follower: Follower, recorder: "Recorder") -> None:
        self._inner = inner
        self._follower = follower
        self._recorder = recorder

    def __iter__(self) -> Iterator[bytes]:
        feed = self._follower.feed
        try:
            for chunk in self._inner:
                feed(chunk)
                yield chunk
        except BaseException as error:
            self._end(error)
            raise
        self._end()
        self._recorder.spool.reach_disk()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        feed = self._follower.feed
        try:
            async for chunk in self._inner:
                feed(chunk)
                yield chunk
        except BaseException as error:
            self._end(error)
            raise
        self._end()
        await self._recorder.spool.reach_disk_async()

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            self._end(GeneratorExit())

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._end(GeneratorExit())

    def _end(self, error: BaseException | None = None) -> None:
        self._recorder.guard(self._follower.end, error)


@functools.cache
def _stream_type(library: ModuleType) -> type[Any]:
    # The clients look whether a stream is of their own library's kind.
    kinds = (_RecordedStream, library.SyncByteStream, library.AsyncByteStream)
    return type("RecordedStream", kinds, {})
