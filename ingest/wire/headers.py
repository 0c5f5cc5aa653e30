"""The headers of a reply, as far as they are read: four of the twenty that come."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_LENGTHS = frozenset(
    map(len, (b"content-type", b"content-encoding", b"x-generation-id", b"x-provider-name"))
)


def telling_headers(headers: "httpx.Headers") -> dict[bytes, bytes]:
    """Those that tell something, and some others, by their names in lower case."""
    # Once over the raw ones, most of which are of another length: each lookup in the library's own
    # takes as long as this.
    return {name.lower(): value for name, value in headers.raw if len(name) in _LENGTHS}


def header_text(value: bytes) -> str:
    """UTF-8, or what may stand in a header at all."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
