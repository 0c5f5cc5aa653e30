"""An asynchronous OpenRouter client whose every attempt is in the ledger."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, Self, overload

import httpx
import stamina

from ingest.errors import OpenRouterError, UsageError
from ingest.openrouter.calls import (
    TIMEOUT,
    Call,
    Message,
    chat_call,
    embed_call,
    image_call,
    no_answer,
    requests_with,
)
from ingest.openrouter.client import Operation, operation_id_of
from ingest.openrouter.connections import Connections
from ingest.openrouter.replies import Reply, StreamedReply, check_status, read_reply
from ingest.openrouter.retries import ATTEMPTS, LONGEST_BACKOFF_SECONDS, wait_before_retry
from ingest.recording.recorder import Recorder


class AsyncOpenRouter:
    """`OpenRouter` for asyncio: the same calls, awaited.

    Key and address come from the arguments or from `OPENROUTER_API_KEY` and
    `OPENROUTER_BASE_URL`. Every call may raise an `OpenRouterError`. A `recorder` given here is
    shared with its owner, who closes it; `transport` is what the recording one is put around.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        recorder: Recorder | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
    ) -> None:
        self._requests = requests_with(api_key, base_url, timeout)
        self._owns_recorder = recorder is None
        self.recorder = recorder or Recorder(base_url=self._requests.base_url)
        self._transport = self.recorder.async_transport(transport or Connections())

    @overload
    async def chat(
        self,
        *,
        model: str,
        messages: Sequence[Message],
        stream: Literal[False] = False,
        **parameters: Any,
    ) -> Reply: ...

    @overload
    async def chat(
        self, *, model: str, messages: Sequence[Message], stream: Literal[True], **parameters: Any
    ) -> "AsyncChatStream": ...

    async def chat(
        self, *, model: str, messages: Sequence[Message], stream: bool = False, **parameters: Any
    ) -> "Reply | AsyncChatStream":
        """One chat completion. With `stream=True`, an iterator of text whose `reply` comes last.

        `parameters` go into the request as they are: `max_tokens`, `modalities`, `provider`, …
        """
        call = chat_call(model, messages, stream, parameters)
        response = await self._send(call, stream=stream)
        return (
            AsyncChatStream(response, call) if stream else read_reply(response, call.operation_id)
        )

    async def image(
        self,
        *,
        model: str,
        prompt: str,
        through: Literal["images", "chat"] = "images",
        **parameters: Any,
    ) -> Reply:
        """Images from `POST /images`, or from a chat model that draws (`through="chat"`)."""
        call = image_call(model, prompt, through, parameters)
        return read_reply(await self._send(call), call.operation_id)

    async def embed(self, *, model: str, input: str | Sequence[str], **parameters: Any) -> Reply:  # noqa: A002 - the wire's own word
        """Embeddings of one text or several; see `Reply.vectors`."""
        call = embed_call(model, input, parameters)
        return read_reply(await self._send(call), call.operation_id)

    def accept(self, operation: Operation) -> None:
        """Say that the result of an operation was used."""
        self.recorder.record_outcome(operation_id_of(operation), "accepted")

    def reject(self, operation: Operation, reason: str | None = None) -> None:
        """Say that the result of an operation was thrown away: its cost is waste."""
        self.recorder.record_outcome(operation_id_of(operation), "rejected", reason)

    async def close(self) -> None:
        """Close connections, and the recorder unless it was given; wait for its subscribers."""
        await self._transport.aclose()
        await self.recorder.bus.drain()
        if self._owns_recorder:
            self.recorder.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        try:
            return await self._attempt(call, 1, stream)
        except OpenRouterError as error:
            failed = error
        # Begun for those that failed only: to begin it takes as long as to record a call.
        async for attempt in stamina.retry_context(
            on=wait_before_retry, attempts=ATTEMPTS, timeout=None, wait_max=LONGEST_BACKOFF_SECONDS
        ):
            with attempt:
                if attempt.num == 1:
                    raise failed
                return await self._attempt(call, attempt.num, stream)
        raise AssertionError("the last attempt raises")

    async def _attempt(self, call: Call, attempt_number: int, stream: bool) -> httpx.Response:
        request = self._requests.attempt(call, attempt_number)
        try:
            response = await self._transport.handle_async_request(request)
            if response.is_error or not stream:
                await _read(response)
        except httpx.RequestError as error:
            raise no_answer(error, call) from error
        check_status(response, call.operation_id, self.recorder.clock())
        return response


class AsyncChatStream:
    """A reply as it arrives: iterate for its text, then read `reply`; close it to stop early."""

    def __init__(self, response: httpx.Response, call: Call) -> None:
        self._response = response
        self._call = call
        self._reply = StreamedReply(response, call.operation_id)
        self.operation_id: str | None = call.operation_id

    async def __aiter__(self) -> AsyncIterator[str]:
        async with self:
            try:
                async for chunk in self._response.aiter_bytes():
                    for text in self._reply.feed(chunk):
                        yield text
                self._reply.end()
            except httpx.RequestError as error:
                raise no_answer(error, self._call, self._reply.generation_id) from error

    @property
    def reply(self) -> Reply:
        """The whole reply. Raises `UsageError` before the stream has ended."""
        if not self._response.is_closed:
            raise UsageError(
                "The stream has not ended: iterate over it before asking for its reply."
            )
        return self._reply.reply()

    async def close(self) -> None:
        """Stop listening; the attempt is recorded as cancelled unless it had ended."""
        await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _read(response: httpx.Response) -> None:
    try:
        await response.aread()
    except BaseException:
        await response.aclose()
        raise
