"""Transports that let everything pass unchanged, and tell the recorder about it.

They serve httpx and httpx2, its successor with the same interface: what must come from the
library that is in use is taken from the library of the request or response at hand.
"""

import functools
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from ingest.recording.attempt import Attempt

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder

_IN_HAND = "inkledger_in_hand"
"""Request extension that keeps a recording transport around another from recording twice."""


class RecordingTransport(httpx.BaseTransport):
    """Around a synchronous transport; made by `Recorder.transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.BaseTransport | None) -> None:
        self._recorder = recorder
        self._inner = inner
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _begun(self._recorder, request) as attempt:
            response = self._inner_for(request).handle_request(request)
        return _followed(response, attempt, self._recorder)

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
                self._inner = _library_of(request).HTTPTransport()
            return self._inner


class AsyncRecordingTransport(httpx.AsyncBaseTransport):
    """Around an asynchronous transport; made by `Recorder.async_transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.AsyncBaseTransport | None) -> None:
        self._recorder = recorder
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _begun(self._recorder, request) as attempt:
            if self._inner is None:
                self._inner = _library_of(request).AsyncHTTPTransport()
            response = await self._inner.handle_async_request(request)
        return _followed(response, attempt, self._recorder)

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


@contextmanager
def _begun(recorder: "Recorder", request: httpx.Request) -> Iterator[Attempt | None]:
    """The attempt that `request` makes, ended here if no response comes of it."""
    is_in_hand = _IN_HAND in request.extensions
    attempt: Attempt | None = None if is_in_hand else recorder.guard(recorder.begin, request)
    if attempt is None:
        yield None
        return
    request.extensions[_IN_HAND] = True
    try:
        yield attempt
    except BaseException as error:
        recorder.guard(attempt.end, error)
        raise
    finally:
        # Sent again, the same request is an attempt of its own.
        del request.extensions[_IN_HAND]


def _followed(
    response: httpx.Response, attempt: Attempt | None, recorder: "Recorder"
) -> httpx.Response:
    if attempt is not None:
        recorder.guard(attempt.answer, response.status_code, response.headers)
        recorder.guard(_follow, response, attempt, recorder)
    return response


def _follow(response: Any, attempt: Attempt, recorder: "Recorder") -> None:
    stream_type = _recorded_stream_type(_library_of(response))
    stream = stream_type(response.stream, attempt, recorder)
    if response.is_stream_consumed:
        # A transport that answers from memory: nobody will read this stream again.
        for _ in stream:
            pass
    else:
        response.stream = stream


class _RecordedStream:
    def __init__(self, inner: Any, attempt: Attempt, recorder: "Recorder") -> None:
        self._inner = inner
        self._attempt = attempt
        self._recorder = recorder

    def __iter__(self) -> Iterator[bytes]:
        with self._to_the_end():
            for chunk in self._inner:
                self._recorder.guard(self._attempt.feed, chunk)
                yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._to_the_end():
            async for chunk in self._inner:
                self._recorder.guard(self._attempt.feed, chunk)
                yield chunk

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            self._recorder.guard(self._attempt.end, GeneratorExit())

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._recorder.guard(self._attempt.end, GeneratorExit())

    @contextmanager
    def _to_the_end(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._recorder.guard(self._attempt.end, error)
            raise
        self._recorder.guard(self._attempt.end)


def _library_of(message: object) -> ModuleType:
    """httpx or httpx2, also for a request or response type of one's own."""
    modules = (sys.modules[kind.__module__.partition(".")[0]] for kind in type(message).__mro__)
    return next(module for module in modules if hasattr(module, "AsyncHTTPTransport"))


@functools.cache
def _recorded_stream_type(library: ModuleType) -> type[Any]:
    # The clients look whether a stream is of their own library's kind.
    kinds = (_RecordedStream, library.SyncByteStream, library.AsyncByteStream)
    return type("RecordedStream", kinds, {})
