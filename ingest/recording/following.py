"""A reply on its way to the caller: whoever follows it sees each byte, and the caller too."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from ingest.recording.library import library_of

if TYPE_CHECKING:
    import httpx

    from ingest.recording.recorder import Recorder


class Follower(Protocol):
    """What listens to a reply as it passes: an `Attempt`, a `JobQuestion`."""

    request: "httpx.Request"

    def answer(self, http_status: int, headers: "httpx.Headers", /) -> None: ...

    def feed(self, chunk: bytes) -> None: ...

    def end(self, error: BaseException | None = None) -> None: ...


def followed(
    response: "httpx.Response", follower: Follower, recorder: "Recorder"
) -> "httpx.Response":
    """The response itself, which tells `follower` of its headers, its body and its end."""
    # As `Recorder.guard`, here and below, without its calls: these are made for each attempt.
    try:
        follower.answer(response.status_code, response.headers)
    except Exception:
        recorder.count_failure(follower.answer)
    try:
        _follow(response, follower, recorder)
    except Exception:
        recorder.count_failure(_follow)
    return response


def _follow(response: Any, follower: Follower, recorder: "Recorder") -> None:
    if not response.is_stream_consumed:
        response.stream = _stream_type(type(response))(response.stream, follower, recorder)
        return
    # A transport that answers from memory, or that read the answer itself: nobody will read this
    # stream again. What it read comes unpacked.
    is_in_memory = isinstance(response.stream, library_of(type(response)).ByteStream)
    try:
        follower.feed(b"".join(response.stream) if is_in_memory else response.content)
    finally:
        follower.end()
        recorder.spool.reach_disk()


class _RecordedStream:
    def __init__(self, inner: Any, follower: Follower, recorder: "Recorder") -> None:
        self._inner = inner
        self._follower = follower
        self._recorder = recorder
        self._is_over = False

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
            if not self._is_over:
                self._end(GeneratorExit())

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            if not self._is_over:
                self._end(GeneratorExit())

    def _end(self, error: BaseException | None = None) -> None:
        self._is_over = True
        try:
            self._follower.end(error)
        except Exception:
            self._recorder.count_failure(self._follower.end)


def _make_stream_type(response_type: type) -> type[Any]:
    # The clients look whether a stream is of their own library's kind.
    library = library_of(response_type)
    kinds = (_RecordedStream, library.SyncByteStream, library.AsyncByteStream)
    return type("RecordedStream", kinds, {})


_stream_type: Callable[[type], type[Any]] = functools.cache(_make_stream_type)
