"""What a caller gets back: text, images, usage and cost, whole or as it streams."""

import base64
import binascii
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from ingest.clock import utc_now
from ingest.errors import GenerationFailed, RequestRefused
from ingest.money import loads
from ingest.openrouter.retries import retry_after_seconds
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


def read_reply(response: httpx.Response, operation_id: str) -> Reply:
    """The reply in a whole body. Raises `GenerationFailed` for an error inside HTTP 200."""
    facts = ReplyFacts(generation_id=response.headers.get("x-generation-id"))
    document = _document(response, facts, operation_id)
    facts.learn(document, response.text)
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


def check_status(response: httpx.Response, operation_id: str) -> None:
    """Raise `RequestRefused` for a status of 400 or above, with what OpenRouter said of it."""
    if response.status_code < 400:
        return
    facts = ReplyFacts(generation_id=response.headers.get("x-generation-id"))
    error = _error_object(response)
    facts.learn({"error": error or "error"}, "")
    metadata = error.get("metadata")
    message = _text(error.get("message")) or response.reason_phrase or "no reason given"
    raise RequestRefused(
        f"OpenRouter refused the call with status {response.status_code}: {message}",
        http_status=response.status_code,
        error_type=facts.error_type,
        retry_after_seconds=retry_after_seconds(response.headers, utc_now()),
        limit_source=_text(metadata.get("limit_source")) if isinstance(metadata, dict) else None,
        operation_id=operation_id,
        generation_id=facts.generation_id,
    )


class StreamedReply:
    """Puts a streamed chat reply together from its bytes."""

    def __init__(self, response: httpx.Response, operation_id: str) -> None:
        self._facts = ReplyFacts(generation_id=response.headers.get("x-generation-id"))
        self._operation_id = operation_id
        self._events = EventSplitter()
        self._texts: list[str] = []
        self._images: list[bytes] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The pieces of text in `chunk`. Raises `GenerationFailed` at an error chunk."""
        texts = [text for event in self._events.feed(chunk) for text in self._take(event)]
        self._texts.extend(texts)
        _check(self._facts, self._operation_id)
        return texts

    @property
    def generation_id(self) -> str | None:
        """OpenRouter's id, known from the headers on."""
        return self._facts.generation_id

    def reply(self) -> Reply:
        """The reply, once its stream has ended."""
        return _reply(
            self._facts, self._operation_id, text="".join(self._texts), images=tuple(self._images)
        )

    def _take(self, event: bytes) -> list[str]:
        if event == b"[DONE]":
            return []
        try:
            chunk = loads(event)
        except ValueError:
            return []
        if not isinstance(chunk, dict):
            return []
        self._facts.learn(chunk, event.decode())
        delta = _message(chunk, "delta")
        self._images.extend(_images(delta, {}))
        return [text] if (text := _text(delta.get("content"))) else []


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


def _document(response: httpx.Response, facts: ReplyFacts, operation_id: str) -> dict[str, Any]:
    try:
        document = loads(response.content)
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    raise GenerationFailed(
        "OpenRouter's reply is not a JSON object; the call is recorded with its usage unknown.",
        operation_id=operation_id,
        generation_id=facts.generation_id,
    )


def _error_object(response: httpx.Response) -> dict[str, Any]:
    try:
        document = loads(response.content)
    except ValueError:
        return {}
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def _message(document: dict[str, Any], name: str = "message") -> dict[str, Any]:
    choices = document.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get(name) if isinstance(choice, dict) else None
    return message if isinstance(message, dict) else {}


def _images(message: dict[str, Any], document: dict[str, Any]) -> list[bytes]:
    urls = [image["image_url"]["url"] for image in message.get("images") or ()]
    encoded = [url.partition("base64,")[2] for url in urls if url.startswith("data:")]
    encoded += [item["b64_json"] for item in document.get("data") or () if "b64_json" in item]
    return [_decode(text) for text in encoded]


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _vectors(document: dict[str, Any]) -> list[tuple[float, ...]]:
    items = document.get("data") or ()
    return [tuple(map(float, item["embedding"])) for item in items if "embedding" in item]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
