"""Read a reply's body as it passes, whatever it is made of and wherever it is cut."""

import re
from typing import Any, Protocol

import httpx

from ingest.money import loads
from ingest.wire.reply import ReplyFacts
from ingest.wire.sse import EventSplitter

_WORTH_PARSING = re.compile(
    rb'"(?:usage|error|response|type|images)"|"(?:finish|stop)_reason"\s*:\s*"'
)


class ReplyReader(Protocol):
    """Something that is fed a body's bytes and knows in the end what it said."""

    facts: ReplyFacts

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> None: ...


def reply_reader(headers: httpx.Headers) -> ReplyReader:
    """The reader for a body with these headers."""
    facts = ReplyFacts.from_headers(headers)
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = headers.get("content-encoding", "identity").strip().lower()
    reader: ReplyReader
    if content_type == "text/event-stream":
        reader = _EventStreamReader(facts)
    elif content_type.endswith("json") or not content_type:
        reader = _JsonReader(facts)
    else:
        return _OpaqueReader(facts, is_page=content_type == "text/html")
    return reader if encoding == "identity" else _DecodingReader(reader, encoding)


class _JsonReader:
    def __init__(self, facts: ReplyFacts) -> None:
        self.facts = facts
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def end(self) -> None:
        body, self._chunks = b"".join(self._chunks), []
        self.facts.is_whole = _learn(self.facts, body)


class _EventStreamReader:
    def __init__(self, facts: ReplyFacts) -> None:
        self.facts = facts
        self._events = EventSplitter()

    def feed(self, chunk: bytes) -> None:
        for event in self._events.feed(chunk):
            self._take(event)

    def end(self) -> None:
        for event in self._events.end():
            self._take(event)
        usage, finish_reason = self.facts.usage, self.facts.finish_reason
        if usage is not None and (finish_reason or usage.reported_cost_usd is not None):
            # Nothing but [DONE] follows. `/messages` names a usage at its beginning, too: there it
            # is the reason for stopping that tells the last one.
            self.facts.is_whole = True

    def _take(self, event: bytes) -> None:
        if event == b"[DONE]":
            self.facts.is_whole = True
        elif self.facts.served_model is None or _WORTH_PARSING.search(event):
            _learn(self.facts, event)


class _OpaqueReader:
    """Audio and the like say nothing of their cost, and end when they end; a page is no reply."""

    def __init__(self, facts: ReplyFacts, *, is_page: bool) -> None:
        self.facts = facts
        self.facts.is_whole = False if is_page else None

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> None: ...


class _DecodingReader:
    """A compressed body, read in one piece at its end, as far as it came."""

    def __init__(self, reader: ReplyReader, encoding: str) -> None:
        self.facts = reader.facts
        self._reader = reader
        self._encoding = encoding
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def end(self) -> None:
        body, self._chunks = b"".join(self._chunks), []
        headers = {"content-encoding": self._encoding}
        try:
            decoded = httpx.Response(200, headers=headers, content=body).content
        except httpx.DecodingError:
            return
        self._reader.feed(decoded)
        self._reader.end()


def _learn(facts: ReplyFacts, body: bytes) -> bool:
    # A broken character stands in somebody's text, never in the numbers: read on around it.
    text = body.decode(errors="replace")
    document = _parse(text)
    if document is not None:
        facts.learn(document, text)
    return document is not None


def _parse(text: str) -> dict[str, Any] | None:
    try:
        document = loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
