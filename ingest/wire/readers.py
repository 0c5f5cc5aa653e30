"""Read a reply's body as it passes, whatever it is made of and wherever it is cut."""

import zlib
from typing import TYPE_CHECKING, Protocol

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
    # Once over the raw ones: each lookup in the library's own takes as long as this.
    texts = {
        known: value.decode("latin-1")
        for name, value in headers.raw
        if (known := _TELLING.get(name.lower()))
    }
    facts = ReplyFacts.from_headers(texts)
    content_type = texts.get("content-type", "").partition(";")[0].strip().lower()
    encoding = texts.get("content-encoding", "identity").strip().lower()
    reader: ReplyReader
    if content_type == "text/event-stream":
        reader = _EventStreamReader(facts)
    elif content_type.endswith("json") or not content_type:
        reader = _JsonReader(facts)
    else:
        return _OpaqueReader(facts, is_page=content_type == "text/html")
    if encoding == "identity":
        return reader
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _InflatingReader(reader)
    return _DecodingReader(reader, encoding)


class _JsonReader:
    def __init__(self, facts: ReplyFacts) -> None:
        self.facts = facts
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def end(self) -> None:
        body, self._chunks = b"".join(self._chunks), []
        self.facts.is_whole = self.facts.learn(body)


class _EventStreamReader:
    def __init__(self, facts: ReplyFacts) -> None:
        self.facts = facts
        self._events = EventSplitter()

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
        else:
            self.facts.learn_event(event)


class _OpaqueReader:
    """Audio and the like say nothing of their cost, and end when they end; a page is no reply."""

    def __init__(self, facts: ReplyFacts, *, is_page: bool) -> None:
        self.facts = facts
        self.facts.is_whole = False if is_page else None

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> None: ...


class _InflatingReader:
    """A gzip or deflate body, read as it comes and as far as it came."""

    def __init__(self, reader: ReplyReader) -> None:
        self.facts = reader.facts
        self._reader = reader
        self._inflater: zlib._Decompress | None = zlib.decompressobj(_GZIP_OR_ZLIB)

    def feed(self, chunk: bytes) -> None:
        if self._inflater is None:
            return
        try:
            self._reader.feed(self._inflater.decompress(chunk))
        except zlib.error:
            self._inflater = None

    def end(self) -> None:
        self._reader.end()


class _DecodingReader:
    """A body in an encoding that httpx may know, read in one piece at its end."""

    def __init__(self, reader: ReplyReader, encoding: str) -> None:
        self.facts = reader.facts
        self._reader = reader
        self._encoding = encoding
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def end(self) -> None:
        import httpx  # Not before such a body came: most programs use another library of the two.

        body, self._chunks = b"".join(self._chunks), []
        headers = {"content-encoding": self._encoding}
        try:
            decoded = httpx.Response(200, headers=headers, content=body).content
        except httpx.DecodingError:
            return
        self._reader.feed(decoded)
        self._reader.end()


_DONE = b"[DONE]"
_TELLING = {
    name.encode(): name
    for name in ("content-type", "content-encoding", "x-generation-id", "x-provider-name")
}
_GZIP_OR_ZLIB = 47
"""zlib's own way to say: either, told by the first bytes."""
