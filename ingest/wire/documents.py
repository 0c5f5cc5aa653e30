"""What is read of a reply's JSON. Everything else is passed over without being made.

Each field comes as the raw JSON that it is, whatever its type: one that is not what it should be
is unknown and takes nothing else with it.
"""

import re
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from ingest.wire.fields import text_field

_ABSENT = Raw()
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UNREADABLE = (ValueError, RecursionError)

_REPLACEMENT = rb"\\ufffd"
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)

Shape = TypeVar("Shape")


class Document(msgspec.Struct):
    """A reply, or one event of it, of any endpoint."""

    id: Raw = _ABSENT
    object: Raw = _ABSENT
    polling_url: Raw = _ABSENT
    generation_id: Raw = _ABSENT
    model: Raw = _ABSENT
    provider: Raw = _ABSENT
    type: Raw = _ABSENT
    status: Raw = _ABSENT
    stop_reason: Raw = _ABSENT
    incomplete_details: Raw = _ABSENT
    choices: Raw = _ABSENT
    data: Raw = _ABSENT
    output: Raw = _ABSENT
    usage: Raw = _ABSENT
    error: Raw = _ABSENT
    error_type: Raw = _ABSENT
    code: Raw = _ABSENT
    request_id: Raw = _ABSENT
    response: Raw = _ABSENT
    message: Raw = _ABSENT
    delta: Raw = _ABSENT
    openrouter_metadata: Raw = _ABSENT


class Choice(msgspec.Struct):
    """One choice of a chat reply; `delta` is its `message` when it streams."""

    finish_reason: Raw = _ABSENT
    error: Raw = _ABSENT
    message: Raw = _ABSENT
    delta: Raw = _ABSENT


class Message(msgspec.Struct):
    """A chat message, as far as images are counted."""

    images: Raw = _ABSENT


class Datum(msgspec.Struct):
    """One item of `data`: a drawn image, or what is none."""

    b64_json: Raw = _ABSENT
    url: Raw = _ABSENT


class Output(msgspec.Struct):
    """One item of what `/responses` put out; a drawn image has its `result`."""

    type: Raw = _ABSENT
    result: Raw = _ABSENT


class Incomplete(msgspec.Struct):
    """Why `/responses` ended before its text did."""

    reason: Raw = _ABSENT


class RouterMetadata(msgspec.Struct):
    """What the router did, for those who asked for it."""

    is_byok: Raw = _ABSENT


class Anything(msgspec.Struct):
    """An object whose fields do not matter."""


def read_document(body: bytes) -> Document | None:
    """The reply in `body`, `None` if it is no JSON object."""
    body = body.removeprefix(_BYTE_ORDER_MARK)
    document = _read(body, Document)
    if document is None and (mended := _mend(body)) != body:
        document = _read(mended, Document)
    return document


def _mend(body: bytes) -> bytes:
    # A broken character, or half a pair of them where a stream was cut inside an emoji, stands in
    # somebody's text, never in the numbers: read on around it.
    return _LONE_SURROGATE.sub(_REPLACEMENT, body.decode(errors="replace").encode())


def decode(raw: "Raw | bytes", shape: type[Shape]) -> Shape:
    """JSON in its shape; raises `ValueError` or `RecursionError` if it is not that."""
    return _DECODERS[shape].decode(raw)  # type: ignore[no-any-return]  # by type


def is_said(raw: Raw) -> bool:
    """Whether a field is there and is not null."""
    return len(raw) > 0 and raw != _NULL


def text(raw: Raw) -> str | None:
    """A text that is not empty and can be written down."""
    return text_field(_read(raw, str))


def truth(raw: Raw) -> bool | None:
    """`true` or `false`, `None` for anything else."""
    return _read(raw, bool)


def part(raw: Raw, shape: type[Shape]) -> Shape | None:
    """The object in a field, `None` if there is none."""
    return _read(raw, shape)


def parts(raw: Raw, shape: type[Shape]) -> list[Shape]:
    """The objects of a list, without what else stands in it."""
    every = _read(raw, list[shape])  # type: ignore[valid-type]  # by type, once for all
    if every is not None:
        return every
    each = (_read(item, shape) for item in _read(raw, list[Raw]) or ())
    return [item for item in each if item is not None]


def _read(raw: Raw | bytes, shape: type[Shape]) -> Shape | None:
    if not len(raw):
        return None
    try:
        return decode(raw, shape)
    except _UNREADABLE:
        return None


_NULL = Raw(b"null")
_PARTS: tuple[Any, ...] = (Choice, Datum, Output, Anything)
_WHOLES = (Document, Incomplete, Message, RouterMetadata, bool, str, list[Raw])
_SHAPES = (*_WHOLES, *_PARTS, *(list[shape] for shape in _PARTS))  # type: ignore[valid-type]  # by value
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {
    shape: msgspec.json.Decoder(shape) for shape in _SHAPES
}
