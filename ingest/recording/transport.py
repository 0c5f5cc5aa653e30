"""Transports that let everything pass unchanged, and tell the recorder about it.

They work around the transports of httpx and of httpx2, its successor with the same interface:
only the base class of a response's stream differs, and is taken from the response's own library.
"""

import functools
import sys
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from ingest.recording.attempt import Attempt

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder


class RecordingTransport(httpx.BaseTransport):
    """Around a synchronous transport; made by `Recorder.transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.BaseTransport) -> None:
        self._recorder = recorder
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        attempt: Attempt | None = self._recorder.guard(self._recorder.begin, request)
        if attempt is None:
            return self._inner.handle_request(request)
        try:
            response = self._inner.handle_request(request)
        except BaseException as error:
            self._recorder.guard(attempt.end, error)
            raise
        self._recorder.guard(_follow, response, attempt, self._recorder, 0)
        return response

    def close(self) -> None:
        self._inner.close()

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._inner.__exit__(kind, error, traceback)


class AsyncRecordingTransport(httpx.AsyncBaseTransport):
    """Around an asynchronous transport; made by `Recorder.async_transport`."""

    def __init__(self, recorder: "Recorder", inner: httpx.AsyncBaseTransport) -> None:
        self._recorder = recorder
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        attempt: Attempt | None = self._recorder.guard(self._recorder.begin, request)
        if attempt is None:
            return await self._inner.handle_async_request(request)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            self._recorder.guard(attempt.end, error)
            raise
        self._recorder.guard(_follow, response, attempt, self._recorder, 1)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(kind, error, traceback)


def _follow(response: Any, attempt: Attempt, recorder: "Recorder", flavor: int) -> None:
    attempt.answer(response.status_code, response.headers)
    if response.is_stream_consumed:
        # A transport that answers from memory: nobody will read this stream again.
        attempt.feed(b"".join(response.stream))
        attempt.end()
        return
    stream_type = _recorded_stream_types(type(response).__module__.partition(".")[0])[flavor]
    response.stream = stream_type(response.stream, attempt, recorder)


class _RecordedStream:
    def __init__(self, inner: Any, attempt: Attempt, recorder: "Recorder") -> None:
        self._inner = inner
        self._attempt = attempt
        self._recorder = recorder

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._inner:
                self._recorder.guard(self._attempt.feed, chunk)
                yield chunk
        except GeneratorExit:
            raise
        except BaseException as error:
            self._recorder.guard(self._attempt.end, error)
            raise
        self._recorder.guard(self._attempt.end)

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            self._recorder.guard(self._end_early)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                self._recorder.guard(self._attempt.feed, chunk)
                yield chunk
        except GeneratorExit:
            raise
        except BaseException as error:
            self._recorder.guard(self._attempt.end, error)
            raise
        self._recorder.guard(self._attempt.end)

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._recorder.guard(self._end_early)

    def _end_early(self) -> None:
        self._attempt.end(is_closed_early=True)


@functools.cache
def _recorded_stream_types(library_name: str) -> tuple[type[Any], type[Any]]:
    library = sys.modules[library_name]
    return (
        type("RecordedStream", (_RecordedStream, library.SyncByteStream), {}),
        type("AsyncRecordedStream", (_RecordedStream, library.AsyncByteStream), {}),
    )
