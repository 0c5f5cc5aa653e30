"""Read a reply as it passes: who served it, what it used, how it ended. Nothing of it is kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

import httpx

from ingest.money import loads
from ingest.wire.sse import EventSplitter
from ingest.wire.usage import Usage, read_usage

_WORTH_PARSING = re.compile(rb'"(?:usage|error|response|type)"|"(?:finish|stop)_reason"\s*:\s*"')
_USAGE_KEY = re.compile(r'"usage"\s*:\s*')
_WORD = re.compile(r"[\w.:-]{1,64}\Z")
_LAST_EVENTS = {"message_stop", "response.completed", "response.failed", "response.incomplete"}


@dataclass
class ReplyFacts:
    """What a reply has told so far; `None` where it has not."""

    generation_id: str | None = None
    served_model: str | None = None
    provider_name: str | None = None
    finish_reason: str | None = None
    error_type: str | None = None
    """OpenRouter's word for what went wrong; set if and only if the reply carries an error."""
    output_image_count: int | None = None
    usage: Usage | None = None
    usage_json: str | None = None
    """The usage object as it came."""
    is_whole: bool = False
    """Whether the reply came to its own end, so that nothing more will be said."""

    def learn(self, document: Mapping[str, Any], text: str) -> None:
        """Take over what one JSON body, or one chunk of a stream, says; `text` is its source."""
        self._learn_names(document)
        self._learn_end(document)
        if document.get("error"):
            self.error_type = _error_word(document["error"])
        if isinstance(document.get("usage"), dict):
            self._learn_usage(document["usage"], text)
        for nested in ("response", "message"):
            # `/responses` and `/messages` stream their state one level down.
            if isinstance(document.get(nested), dict):
                self.learn(document[nested], text)

    def _learn_names(self, document: Mapping[str, Any]) -> None:
        generation_id = document.get("generation_id") or document.get("id")
        if isinstance(generation_id, str) and generation_id.startswith("gen-"):
            self.generation_id = self.generation_id or generation_id
        self.served_model = _text(document.get("model")) or self.served_model
        self.provider_name = _text(document.get("provider")) or self.provider_name

    def _learn_end(self, document: Mapping[str, Any]) -> None:
        self.finish_reason = _text(document.get("stop_reason")) or self.finish_reason
        for choice in _objects(document.get("choices")):
            self.finish_reason = _text(choice.get("finish_reason")) or self.finish_reason
            if choice.get("error"):
                self.error_type = _error_word(choice["error"])
            part = choice.get("message") or choice.get("delta")
            self._count_images(len(_objects(part.get("images"))) if isinstance(part, dict) else 0)
        event_type = document.get("type")
        self._count_images(sum("b64_json" in item for item in _objects(document.get("data"))))
        self._count_images(event_type == "image_generation.completed")
        self.is_whole = self.is_whole or event_type in _LAST_EVENTS

    def _count_images(self, count: int) -> None:
        if count:
            self.output_image_count = (self.output_image_count or 0) + count

    def _learn_usage(self, usage: Mapping[str, Any], text: str) -> None:
        self.usage = _merge(self.usage, read_usage(usage))
        self.usage_json = _source_of(usage, text) or self.usage_json


class ReplyReader(Protocol):
    """Something that is fed a body's bytes and knows in the end what it said."""

    facts: ReplyFacts

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> None: ...


def reply_reader(headers: httpx.Headers) -> ReplyReader:
    """The reader for a body with these headers."""
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_encoded = headers.get("content-encoding", "identity").strip().lower() != "identity"
    reader: ReplyReader
    if content_type == "text/event-stream":
        reader = _EventStreamReader()
    elif content_type.endswith("json"):
        reader = _JsonReader()
    else:
        return _OpaqueReader()
    return _DecodingReader(reader, headers) if is_encoded else reader


class _JsonReader:
    def __init__(self) -> None:
        self.facts = ReplyFacts()
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def end(self) -> None:
        body, self._chunks = b"".join(self._chunks), []
        document = _parse(body)
        if document is not None:
            self.facts.learn(document, body.decode())
            self.facts.is_whole = True


class _EventStreamReader:
    def __init__(self) -> None:
        self.facts = ReplyFacts()
        self._events = EventSplitter()
        self._knows_names = False

    def feed(self, chunk: bytes) -> None:
        for event in self._events.feed(chunk):
            self._take(event)

    def end(self) -> None:
        for event in self._events.end():
            self._take(event)
        self.facts.is_whole = self.facts.is_whole or self.facts.usage is not None

    def _take(self, event: bytes) -> None:
        if event == b"[DONE]":
            self.facts.is_whole = True
        elif not self._knows_names or _WORTH_PARSING.search(event):
            document = _parse(event)
            if document is not None:
                self.facts.learn(document, event.decode())
                self._knows_names = self.facts.served_model is not None


class _OpaqueReader:
    """Audio, HTML of an edge server and the like: they say nothing, and end when they end."""

    def __init__(self) -> None:
        self.facts = ReplyFacts()

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> None:
        self.facts.is_whole = True


class _DecodingReader:
    """A compressed body, read in one piece at its end; a truncated one tells nothing."""

    def __init__(self, reader: ReplyReader, headers: httpx.Headers) -> None:
        self.facts = reader.facts
        self._reader = reader
        self._encoding = headers["content-encoding"]
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def end(self) -> None:
        body, self._chunks = b"".join(self._chunks), []
        try:
            decoded = httpx.Response(
                200, headers={"content-encoding": self._encoding}, content=body
            ).content
        except httpx.DecodingError:
            return
        self._reader.feed(decoded)
        self._reader.end()


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        document = loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _merge(known: Usage | None, said: Usage) -> Usage:
    if known is None:
        return said
    pairs = ((field.name, getattr(said, field.name)) for field in fields(Usage))
    return Usage(
        **{name: getattr(known, name) if value is None else value for name, value in pairs}
    )


def _source_of(usage: Mapping[str, Any], text: str) -> str | None:
    """The piece of `text` that `usage` was parsed from, digit for digit."""
    decoder = json.JSONDecoder(parse_float=loads)
    for match in reversed(list(_USAGE_KEY.finditer(text))):
        try:
            candidate, end = decoder.raw_decode(text, match.end())
        except ValueError:
            continue
        if candidate == usage:
            return text[match.end() : end]
    return None


def _error_word(error: object) -> str:
    """A word, never the message: that may quote the prompt."""
    if not isinstance(error, dict):
        return "error"
    metadata = error.get("metadata")
    words = (
        metadata.get("error_type") if isinstance(metadata, dict) else None,
        error.get("error_type"),
    )
    for word in (*words, error.get("type"), error.get("code")):
        if isinstance(word, str | int) and _WORD.match(str(word)):
            return str(word)
    return "error"


def _objects(items: object) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
