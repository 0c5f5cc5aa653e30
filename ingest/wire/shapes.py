"""What is read of the wire's JSON, field by field; everything else is passed over."""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import asdict, replace

ABSENT = Raw()
LARGEST_COUNT = 10**12
"""A trillion tokens in one reply is no count."""
Count = Annotated[int, msgspec.Meta(ge=0, lt=LARGEST_COUNT)]


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


class ItemBody(Struct):
    """What a batch's item was answered."""

    usage: Raw = ABSENT


class ItemResponse(Struct):
    """The answer to a batch's item, with its status around it."""

    body: ItemBody | None = None


class Item(Struct):
    """One of the results of a batch."""

    custom_id: str | None = None
    response: ItemResponse | None = None


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
    results: Raw = ABSENT
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
