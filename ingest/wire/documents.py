"""What is read of the wire's JSON. Everything else is passed over without being made.

A document of the expected types is read in one pass. One that has a field of another type is read
field by field: what is not what it should be is unknown, and takes nothing else with it.
"""

import functools
import re
import typing
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import asdict, replace

ABSENT = Raw()
_UNREADABLE = (ValueError, RecursionError)

LARGEST_COUNT = 10**12
"""A trillion tokens in one reply is no count."""
Count = Annotated[int, msgspec.Meta(ge=0, lt=LARGEST_COUNT)]

Shape = TypeVar("Shape")


class Anything(Struct):
    """An object whose fields do not matter."""


class Message(Struct):
    """A chat message, as far as images are counted."""

    images: Raw = ABSENT


class Choice(Struct):
    """One choice of a chat reply; `delta` is its `message` when it streams."""

    finish_reason: str | None = None
    error: Raw = ABSENT
    message: Message | None = None
    delta: Message | None = None


class Datum(Struct):
    """One item of `data`: a drawn image, or what is none."""

    b64_json: Raw = ABSENT
    url: Raw = ABSENT


class Output(Struct):
    """One item of what `/responses` put out; a drawn image has its `result`."""

    type: str | None = None
    result: Raw = ABSENT


class Incomplete(Struct):
    """Why `/responses` ended before its text did."""

    reason: str | None = None


class RouterMetadata(Struct):
    """What the router did, for those who asked for it."""

    is_byok: bool | None = None


class Document(Struct):
    """A reply, or one event of it, of any endpoint."""

    id: str | None = None
    object: str | None = None
    polling_url: Raw = ABSENT
    generation_id: str | None = None
    model: str | None = None
    provider: str | None = None
    type: str | None = None
    status: str | None = None
    stop_reason: str | None = None
    incomplete_details: Incomplete | None = None
    choices: list[Choice] | None = None
    data: Raw = ABSENT
    output: Raw = ABSENT
    usage: Raw = ABSENT
    error: Raw = ABSENT
    error_type: str | None = None
    code: Raw = ABSENT
    request_id: str | None = None
    response: Raw = ABSENT
    message: Raw = ABSENT
    delta: Raw = ABSENT
    openrouter_metadata: RouterMetadata | None = None


class Request(Struct):
    """What a call asks for, of any endpoint; prompts are passed over."""

    model: str | None = None
    stream: bool | None = None
    session_id: str | None = None
    user: Raw = ABSENT
    messages: Raw = ABSENT
    input: Raw = ABSENT
    input_references: Raw = ABSENT
    frame_images: Raw = ABSENT


class Content(Struct):
    """A message of a request, a part of it, or a tool's result."""

    type: str | None = None
    content: Raw = ABSENT
    output: Raw = ABSENT


class InputDetails(Struct):
    """Of input tokens."""

    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class OutputDetails(Struct):
    """Of output tokens; `/messages` calls the reasoning thinking."""

    reasoning_tokens: Count | None = None
    thinking_tokens: Count | None = None
    image_tokens: Count | None = None


class ToolUse(Struct):
    """Of tools that OpenRouter ran."""

    web_search_requests: Count | None = None


class CostDetails(Struct):
    """Of a cost, USD."""

    upstream_inference_cost: Decimal | None = None


class UsageDocument(Struct):
    """A `usage` object of any endpoint."""

    prompt_tokens: Count | None = None
    input_tokens: Count | None = None
    completion_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    prompt_tokens_details: InputDetails | None = None
    input_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use_details: ToolUse | None = None
    server_tool_use: ToolUse | None = None
    cost: Decimal | None = None
    cost_details: CostDetails | None = None
    is_byok: bool | None = None

    def over(self, earlier: "UsageDocument") -> "UsageDocument":
        """What this says, and what an earlier one said where this is silent."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(earlier, **said)


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
