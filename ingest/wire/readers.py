"""Read a reply's body as it passes, whatever it is made of and wherever it is cut."""

from typing import TYPE_CHECKING, Protocol

from ingest.wire.encodings import decoding_reader
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
    # Once over the raw ones, most of which are of another length: each lookup in the library's own
    # takes as long as this.
    texts = {
        known: _header_text(value)
        for name, value in headers.raw
        if len(name) in _LENGTHS and (known := _TELLING.get(name.lower()))
    }
    facts = ReplyFacts.from_headers(texts)
    content_type = texts.get("content-type", "").partition(";")[0].strip().lower()
    encoding = texts.get("content-encoding", "identity").strip().lower()
    reader: ReplyReader
    if content_type == "text/event-stream":
        reader = _EventStreamReader(facts)
    elif content_type.endswith("json") or content_type in ("", "text/plain"):
        # Plain text may be all there is; what should be JSON and is not came incomplete.
        facts.is_whole = None if content_type == "text/plain" else False
        reader = _JsonReader(facts)
    else:
        return _OpaqueReader(facts, is_page=content_type == "text/html")
    return reader if encoding == "identity" else decoding_reader(reader, encoding)


def _header_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


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
_TELLING = {
    name.encode(): name
    for name in ("content-type", "content-encoding", "x-generation-id", "x-provider-name")
}
_LENGTHS = frozenset(map(len, _TELLING))
_MOST_LINES = 200
"""Of one event; more is a stream that cannot be read, and is not kept."""
