"""A synchronous OpenRouter client whose every attempt is in the ledger."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol, Self, overload

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
from ingest.openrouter.replies import Reply, StreamedReply, check_status, read_reply
from ingest.openrouter.retries import ATTEMPTS, LONGEST_BACKOFF_SECONDS, wait_before_retry
from ingest.recording.recorder import Recorder


class Operation(Protocol):
    """Whatever knows its operation: a `Reply`, an `OpenRouterError`."""

    @property
    def operation_id(self) -> str | None: ...


class OpenRouter:
    """Calls OpenRouter and records each attempt; retries what was certainly not billed.

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
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
    ) -> None:
        self._requests = requests_with(api_key, base_url, timeout)
        self._owns_recorder = recorder is None
        self.recorder = recorder or Recorder(base_url=self._requests.base_url)
        self._transport = self.recorder.transport(transport)

    @overload
    def chat(
        self,
        *,
        model: str,
        messages: Sequence[Message],
        stream: Literal[False] = False,
        **parameters: Any,
    ) -> Reply: ...

    @overload
    def chat(
        self, *, model: str, messages: Sequence[Message], stream: Literal[True], **parameters: Any
    ) -> "ChatStream": ...

    def chat(
        self, *, model: str, messages: Sequence[Message], stream: bool = False, **parameters: Any
    ) -> "Reply | ChatStream":
        """One chat completion. With `stream=True`, an iterator of text whose `reply` comes last.

        `parameters` go into the request as they are: `max_tokens`, `modalities`, `provider`, …
        """
        call = chat_call(model, messages, stream, parameters)
        response = self._send(call, stream=stream)
        return ChatStream(response, call) if stream else read_reply(response, call.operation_id)

    def image(
        self,
        *,
        model: str,
        prompt: str,
        through: Literal["images", "chat"] = "images",
        **parameters: Any,
    ) -> Reply:
        """Images from `POST /images`, or from a chat model that draws (`through="chat"`)."""
        call = image_call(model, prompt, through, parameters)
        return read_reply(self._send(call), call.operation_id)

    def embed(self, *, model: str, input: str | Sequence[str], **parameters: Any) -> Reply:  # noqa: A002 - the wire's own word
        """Embeddings of one text or several; see `Reply.vectors`."""
        call = embed_call(model, input, parameters)
        return read_reply(self._send(call), call.operation_id)

    def accept(self, operation: Operation) -> None:
        """Say that the result of an operation was used."""
        self.recorder.record_outcome(operation_id_of(operation), "accepted")

    def reject(self, operation: Operation, reason: str | None = None) -> None:
        """Say that the result of an operation was thrown away: its cost is waste."""
        self.recorder.record_outcome(operation_id_of(operation), "rejected", reason)

    def close(self) -> None:
        """Close connections, and the recorder unless it was given."""
        self._transport.close()
        if self._owns_recorder:
            self.recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        try:
            return self._attempt(call, 1, stream)
        except OpenRouterError as error:
            failed = error
        # Begun for those that failed only: to begin it takes as long as to record a call.
        for attempt in stamina.retry_context(
            on=wait_before_retry, attempts=ATTEMPTS, timeout=None, wait_max=LONGEST_BACKOFF_SECONDS
        ):
            with attempt:
                if attempt.num == 1:
                    raise failed
                return self._attempt(call, attempt.num, stream)
        raise AssertionError("the last attempt raises")

    def _attempt(self, call: Call, attempt_number: int, stream: bool) -> httpx.Response:
        request = self._requests.attempt(call, attempt_number)
        try:
            response = self._transport.handle_request(request)
            if response.is_error or not stream:
                _read(response)
        except httpx.RequestError as error:
            raise no_answer(error, call) from error
        check_status(response, call.operation_id, self.recorder.clock())
        return response


class ChatStream:
    """A reply as it arrives: iterate for its text, then read `reply`; close it to stop early."""

    def __init__(self, response: httpx.Response, call: Call) -> None:
        self._response = response
        self._call = call
        self._reply = StreamedReply(response, call.operation_id)
        self.operation_id: str | None = call.operation_id

    def __iter__(self) -> Iterator[str]:
        with self:
            try:
                for chunk in self._response.iter_bytes():
                    yield from self._reply.feed(chunk)
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

    def close(self) -> None:
        """Stop listening; the attempt is recorded as cancelled unless it had ended."""
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def operation_id_of(operation: Operation) -> str:
    """The operation's id; an error that never became an operation has none."""
    if operation.operation_id is None:
        raise UsageError("This operation has no id, so its outcome cannot be recorded.")
    return operation.operation_id


def _read(response: httpx.Response) -> None:
    try:
        response.read()
    except BaseException:
        response.close()
        raise
