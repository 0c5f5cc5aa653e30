"""What a caller gets back: text, images, usage and cost, whole or as it streams."""

import base64
import binascii
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from ingest.errors import GenerationFailed, RequestRefused
from ingest.money import loads
from ingest.openrouter.retries import retry_after_seconds
from ingest.wire.fields import object_field, object_list, word_field
from ingest.wire.headers import telling_headers
from ingest.wire.reply import ReplyFacts
from ingest.wire.sse import EventSplitter
from ingest.wire.usage import Usage


@dataclass(frozen=True)
class Reply:
    """The reply to one operation.

    `images` are the files' bytes, `vectors` embeddings. `usage` holds tokens and costs,
    `document` the whole reply as it came, with `Decimal` for every non-integer number.
    """

    operation_id: str
    generation_id: str | None
    model: str | None
    text: str = ""
    images: tuple[bytes, ...] = ()
    vectors: tuple[tuple[float, ...], ...] = ()
    finish_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    document: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def cost_usd(self) -> Decimal | None:
        """USD, true spend (credits, and upstream if BYOK); `None` until OpenRouter has said it."""
        return self.usage.cost_usd


class _Choice(msgspec.Struct):
    delta: dict[str, Any] | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []


_deltas = msgspec.json.Decoder(_Chunk)


def read_reply(response: httpx.Response, operation_id: str) -> Reply:
    """The reply in a whole body. Raises `GenerationFailed` for an error inside HTTP 200."""
    facts = ReplyFacts.from_headers(telling_headers(response.headers))
    document = _document(response.content)
    if document is None:
        raise GenerationFailed(
            "OpenRouter's reply is not a JSON object; the call is recorded with its usage unknown.",
            operation_id=operation_id,
            generation_id=facts.generation_id,
        )
    facts.learn(response.content)
    _check(facts, operation_id)
    message = _message(document)
    return _reply(
        facts,
        operation_id,
        text=_text(message.get("content")),
        images=tuple(_images(message, document)),
        vectors=tuple(_vectors(document)),
        document=document,
    )


def check_status(response: httpx.Response, operation_id: str, now: datetime) -> None:
    """Raise `RequestRefused` for a status of 400 or above, with what OpenRouter said of it."""
    if response.status_code < 400:
        return
    facts = ReplyFacts.from_headers(telling_headers(response.headers))
    error = object_field((_document(response.content) or {}).get("error"))
    facts.learn_error(error)
    word = "" if error.get("code") == response.status_code else f" ({facts.error_type})"
    raise RequestRefused(
        f"OpenRouter refused the call with status {response.status_code}{word}; what it said is "
        "in `said`, for it may quote the prompt.",
        http_status=response.status_code,
        error_type=facts.error_type,
        retry_after_seconds=retry_after_seconds(response.headers, now),
        limit_source=word_field(object_field(error.get("metadata")).get("limit_source")),
        said=_text(error.get("message")) or None,
        operation_id=operation_id,
        generation_id=facts.generation_id,
    )


class StreamedReply:
    """Puts a streamed chat reply together from its bytes."""

    def __init__(self, response: httpx.Response, operation_id: str) -> None:
        self._facts = ReplyFacts.from_headers(telling_headers(response.headers))
        self._operation_id = operation_id
        self._events = EventSplitter()
        self._texts: list[str] = []
        self._images: list[bytes] = []
        self._is_done = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The pieces of text in `chunk`. Raises `GenerationFailed` at an error chunk."""
        for event in self._events.feed(chunk):
            if text := self._take(event):
                self._texts.append(text)
                yield text
            _check(self._facts, self._operation_id)

    def end(self) -> None:
        """Check that the stream came to its own end. Raises `GenerationFailed` if it did not."""
        for event in self._events.end():
            self._texts.append(self._take(event))
        _check(self._facts, self._operation_id)
        if not self._is_done and self._facts.usage is None:
            raise GenerationFailed(
                "OpenRouter's answer stopped before its end; what it cost is settled later.",
                operation_id=self._operation_id,
                generation_id=self.generation_id,
            )

    @property
    def generation_id(self) -> str | None:
        """OpenRouter's id, known from the headers on."""
        return self._facts.generation_id

    def reply(self) -> Reply:
        """The reply, once its stream has ended."""
        return _reply(
            self._facts, self._operation_id, text="".join(self._texts), images=tuple(self._images)
        )

    def _take(self, event: bytes) -> str:
        if event == b"[DONE]":
            self._is_done = True
            return ""
        self._facts.learn_event(event)
        delta = _delta(event)
        if "images" in delta:
            self._images.extend(_images(delta, {}))
        return _text(delta.get("content"))


def _reply(facts: ReplyFacts, operation_id: str, **content: Any) -> Reply:
    return Reply(
        operation_id=operation_id,
        generation_id=facts.generation_id,
        model=facts.served_model,
        finish_reason=facts.finish_reason,
        usage=facts.usage or Usage(),
        **content,
    )


def _check(facts: ReplyFacts, operation_id: str) -> None:
    if facts.error_type is not None:
        raise GenerationFailed(
            f"OpenRouter began an answer and ended it with the error {facts.error_type!r}; "
            "what it cost is settled later.",
            operation_id=operation_id,
            generation_id=facts.generation_id,
        )


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _message(document: dict[str, Any], name: str = "message") -> dict[str, Any]:
    choices = object_list(document.get("choices"))
    return object_field(choices[0].get(name)) if choices else {}


def _delta(event: bytes) -> dict[str, Any]:
    try:
        choices = _deltas.decode(event).choices
        return choices[0].delta or {} if choices else {}
    except ValueError:
        return _message(_document(event) or {}, "delta")


def _images(message: dict[str, Any], document: dict[str, Any]) -> Iterator[bytes]:
    """The files that can be read; the document keeps what is a link, or spoilt."""
    links = [object_field(image.get("image_url")) for image in object_list(message.get("images"))]
    encoded = [_text(link.get("url")).partition("base64,")[2] for link in links]
    encoded += [_text(item.get("b64_json")) for item in object_list(document.get("data"))]
    for text in filter(None, encoded):
        with suppress(binascii.Error):
            yield base64.b64decode(text)


def _vectors(document: dict[str, Any]) -> Iterator[tuple[float, ...]]:
    for item in object_list(document.get("data")):
        embedding = item.get("embedding")
        if isinstance(embedding, list):
            yield tuple(map(float, embedding))
        elif isinstance(embedding, str):
            # `encoding_format="base64"`: 32-bit floats, little-endian as every machine of today.
            yield tuple(array("f", base64.b64decode(embedding)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
