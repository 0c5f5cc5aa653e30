"""Server-sent events, cut out of a byte stream wherever it was split."""

import re

DATA = len(b"data: ")
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BEGINNINGS = (b"data:", b"{", _BYTE_ORDER_MARK + b"data:")


class EventSplitter:
    """Feed it bytes as they come, get the data of each event when its line is whole.

    OpenRouter sends each event as one `data:` line of JSON, so that a line is an event: a
    reply whose blank lines were lost on the way is read all the same, and so is an answer of bare
    JSON to a request that asked for events.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    @property
    def is_between(self) -> bool:
        """Whether the next byte begins a line."""
        return not self._rest

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of every event that `chunk` completes, comments left out."""
        if not self._rest and _is_one_event(chunk):
            return [chunk[DATA:-2].strip()]
        if self._rest:
            self._rest.append(chunk)
            if b"\n" not in chunk and b"\r" not in chunk:
                return []  # An image is one line of megabytes: joined once, not at every chunk.
            chunk = b"".join(self._rest)
        *lines, rest = _LINE_END.split(chunk) if b"\r" in chunk else chunk.split(b"\n")
        self._rest = [rest] if rest else []
        return [_data(line) for line in lines if line.startswith(_BEGINNINGS)]

    def end(self) -> list[bytes]:
        """The data of an event that the end of the stream left without its line end."""
        last, self._rest = b"".join(self._rest).removesuffix(b"\r"), []
        return [_data(last)] if last.startswith(_BEGINNINGS) else []


def _is_one_event(chunk: bytes) -> bool:
    # Most chunks are: a server writes each event as it comes, and so it is passed on.
    return (
        chunk.startswith(b"data: ")
        and chunk.find(b"\n") == len(chunk) - 2
        and chunk.endswith(b"\n")
        and b"\r" not in chunk
    )


def _data(line: bytes) -> bytes:
    return line.removeprefix(_BYTE_ORDER_MARK).removeprefix(b"data:").strip()
