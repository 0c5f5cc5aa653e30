"""Reads the wire's JSON into its shapes; everything else is passed over without being made.

A document of the expected types is read in one pass. One that has a field of another type is read
field by field: what is not what it should be is unknown, and takes nothing else with it.
"""

import functools
import re
import typing
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

_UNREADABLE = (ValueError, RecursionError)

Shape = TypeVar("Shape")


def read_document(body: bytes, shape: type[Shape]) -> Shape | None:
    """What a whole body says, broken characters or not; `None` if it is no JSON object."""
    document = read(body, shape)
    if document is None and (mended := _mend(body)) != body:
        document = read(mended, shape)
    return document


def read(source: Raw | bytes, shape: type[Shape]) -> Shape | None:
    """The object in its shape, with what could be read of it; `None` if it is no JSON object."""
    try:
        return decoder(shape).decode(source)  # type: ignore[arg-type, no-any-return]  # by type
    except _UNREADABLE:
        return _read_leniently(source, shape)  # type: ignore[no-any-return]  # by type


def read_list(source: Raw | bytes, shape: type[Shape]) -> list[Shape]:
    """The objects of a list, without what else stands in it."""
    if not len(source):
        return []
    every = _decode(source, list[shape])  # type: ignore[valid-type]  # by value
    return every or _lenient(source, list[shape]) or []  # type: ignore[valid-type]


def is_said(source: Raw) -> bool:
    """Whether a field is there and is not null."""
    return len(source) > 0 and source != _NULL


def is_object(source: Raw) -> bool:
    """Whether a field is there and holds an object."""
    return len(source) > 0 and memoryview(source)[0] == ord("{")


@functools.cache
def decoder(shape: Any) -> "msgspec.json.Decoder[Any]":
    """The decoder of a shape, made once."""
    return msgspec.json.Decoder(shape)


def _mend(body: bytes) -> bytes:
    # No reader takes a byte order mark. A broken character, or half a pair of them where a stream
    # was cut inside an emoji, stands in somebody's text, never in the numbers: read on around it.
    text = body.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    return _LONE_SURROGATE.sub(rb"\\ufffd", text.encode())


def _read_leniently(source: Raw | bytes, shape: Any) -> Any:
    fields = _decode(source, dict[str, Raw])
    if fields is None:
        return None
    known = ((field, fields.get(field.name)) for field in msgspec.structs.fields(shape))
    return shape(
        **{
            field.name: raw if field.type is Raw else _lenient(raw, field.type)
            for field, raw in known
            if raw is not None
        }
    )


def _lenient(source: Raw | bytes, kind: Any) -> Any:
    kind, item_kind = _parts_of(kind)
    if item_kind is not None:
        each = (_lenient(item, item_kind) for item in _decode(source, list[Raw]) or ())
        return [item for item in each if item is not None]
    is_object = isinstance(kind, type) and issubclass(kind, Struct)
    return read(source, kind) if is_object else _decode(source, kind)


@functools.cache
def _parts_of(kind: Any) -> tuple[Any, Any]:
    """`X | None` → `(X, None)`, `list[X]` → `(list, X)`."""
    if type(None) in typing.get_args(kind):
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    return (list, *typing.get_args(kind)) if typing.get_origin(kind) is list else (kind, None)


def _decode(source: Raw | bytes, kind: Any) -> Any:
    try:
        return decoder(kind).decode(source)
    except _UNREADABLE:
        return None


_NULL = Raw(b"null")
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
