"""Read a reply's body as it passes, whatever it is made of and wherever it is cut."""

import functools
from typing import TYPE_CHECKING, Protocol

from ingest.wire.encodings import decoding_reader
from ingest.wire.headers import header_text, telling_headers
from ingest.wire.reply import ReplyFacts
from ingest.wire.sse import DATA, EventSplitter

if TYPE_CHECKING:
    import httpx


class ReplyReader(Protocol):
    """Something that is fed a body's bytes and knows in the end what it said."""

    facts: ReplyFacts

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> None: ...


def reply_reader(headers: "httpx.Headers") -> ReplyReader:
    """The reader for a body with these headers."""
    told = telling_headers(headers)
    facts = ReplyFacts.from_headers(told)
    content_type = _word(told.get(b"content-type", b""))
    reader: ReplyReader
    if content_type == "text/event-stream":
        reader = _EventStreamReader(facts)
    elif content_type.endswith("json") or content_type in ("", "text/plain"):
        # Plain text may be all there is; what should be JSON and is not came incomplete.
        facts.is_whole = None if content_type == "text/plain" else False
        reader = _JsonReader(facts)
    else:
        return _OpaqueReader(facts, is_page=content_type == "text/html")
    encoding = _word(told.get(b"content-encoding", b"identity"))
    return reader if encoding == "identity" else decoding_reader(reader, encoding)


@functools.lru_cache(maxsize=128)
def _word(header: bytes) -> str:
    return header_text(header).partition(";")[0].strip().lower()


class _JsonReader:
    def __init__(self, facts: ReplyFacts) -> None:
        self.facts = facts
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def end(self) -> None:
        body, self._chunks = b"".join(self._chunks), []
        if self.facts.learn(body):
            self.facts.is_whole = True
            return
        # Events whose type was lost on the way.
        events = _EventStreamReader(self.facts)
        events.feed(body)
        events.end()


class _EventStreamReader:
    def __init__(self, facts: ReplyFacts) -> None:
        self.facts = facts
        self._events = EventSplitter()
        self._lines: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        # Most chunks are one event with another word of text: told at a glance, before it is cut.
        if (
            self.facts.knows(chunk, DATA)
            and chunk.endswith(b"\n")
            and _DONE not in chunk
            and self._events.is_between
        ):
            return
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
        if event == _DONE:
            self.facts.is_whole = True
        elif not self.facts.learn_event(event):
            self._join(event)

    def _join(self, line: bytes) -> None:
        # OpenRouter sends no event of several lines; who prints its JSON prettily does.
        self._lines = [*self._lines[-_MOST_LINES:], line]
        if line == b"}" and self.facts.learn_event(b"\n".join(self._lines)):
            self._lines = []


class _OpaqueReader:
    """Audio and the like say nothing of their cost, and end when they end; a page is no reply."""

    def __init__(self, facts: ReplyFacts, *, is_page: bool) -> None:
        self.facts = facts
        self.facts.is_whole = False if is_page else None

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> None: ...


_DONE = b"[DONE]"
_MOST_LINES = 200
"""Of one event; more is a stream that cannot be read, and is not kept."""
