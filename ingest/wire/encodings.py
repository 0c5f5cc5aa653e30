"""Compressed bodies, read through another reader while they pass."""

import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.wire.readers import ReplyReader

_WITHOUT_HEADER = -zlib.MAX_WBITS
_GZIP_OR_ZLIB = 47
"""zlib's own way to say: either, told by the first bytes."""


def decoding_reader(reader: "ReplyReader", encoding: str) -> "ReplyReader":
    """A reader of what `reader` reads, in an encoding."""
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _InflatingReader(reader, is_deflate=encoding == "deflate")
    return _DecodingReader(reader, encoding)


class _InflatingReader:
    """A gzip or deflate body, read as it comes and as far as it came."""

    def __init__(self, reader: "ReplyReader", *, is_deflate: bool) -> None:
        self.facts = reader.facts
        self._reader = reader
        self._inflate: Callable[[bytes], bytes] | None = _Inflater(_GZIP_OR_ZLIB)
        self._others: list[Callable[[bytes], bytes]] = [bytes]
        if is_deflate:
            self._others.insert(0, _Inflater(_WITHOUT_HEADER))
        self._unread = b""

    def feed(self, chunk: bytes) -> None:
        if self._inflate is None:
            return
        self._unread += chunk
        try:
            content = self._inflate(chunk)
        except zlib.error:
            self._read_otherwise()
            return
        if content:
            self._unread, self._others = b"", []
            self._reader.feed(content)

    def end(self) -> None:
        self._reader.end()

    def _read_otherwise(self) -> None:
        # Deflate comes with and without its header, and a proxy may unpack a body and leave the
        # headers as they were. After the first content there is no second way.
        chunk, self._unread = self._unread, b""
        self._inflate = self._others.pop(0) if self._others else None
        self.feed(chunk)


class _Inflater:
    """Inflates piece by piece; what follows the end of one part is the next part."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._part = zlib.decompressobj(window_bits)

    def __call__(self, chunk: bytes) -> bytes:
        content = self._part.decompress(chunk)
        while self._part.eof and (rest := self._part.unused_data):
            self._part = zlib.decompressobj(self._window_bits)
            with suppress(zlib.error):  # Padding, after all.
                content += self._part.decompress(rest)
        return content


class _DecodingReader:
    """A body in an encoding that httpx may know, read in one piece at its end."""

    def __init__(self, reader: "ReplyReader", encoding: str) -> None:
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
            decoded = body  # Unpacked on its way, perhaps: see above.
        self._reader.feed(decoded)
        self._reader.end()
