"""The `usage` object of every endpoint, read into the same words.

Chat and images say `prompt_tokens`, responses and transcription `input_tokens`; messages leave
cache tokens out of `input_tokens`, everybody else has them inside. Whatever is missing or of the
wrong type is unknown, never zero and never an error: the raw object is kept beside it.
"""

from decimal import Decimal
from typing import NamedTuple

from msgspec import Raw

from ingest.wire.documents import read
from ingest.wire.shapes import (
    CostDetails,
    InputDetails,
    OutputDetails,
    ToolUse,
    UsageDocument,
)


class Usage(NamedTuple):
    """What one reply says it used; `None` where it does not say. Costs in USD."""

    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    output_image_tokens: int | None = None
    web_search_count: int | None = None
    reported_cost_usd: Decimal | None = None
    """OpenRouter `usage.cost`: what is deducted from credits."""
    upstream_cost_usd: Decimal | None = None
    """`cost_details.upstream_inference_cost`; on top of the cost only if `is_byok`."""
    is_byok: bool | None = None

    @property
    def cost_usd(self) -> Decimal | None:
        """True spend: credits, and the provider's own bill if the key was yours."""
        if not self.is_byok or self.reported_cost_usd is None:
            return self.reported_cost_usd
        return (
            None
            if self.upstream_cost_usd is None
            else self.reported_cost_usd + self.upstream_cost_usd
        )

    def over(self, known: "Usage") -> "Usage":
        """What this says, and what `known` said where this is silent."""
        said = {name: value for name, value in self._asdict().items() if value is not None}
        return known._replace(**said)


def read_usage(source: Raw | bytes) -> Usage | None:
    """Read the JSON of a `usage` object; `None` if it is none."""
    usage = read(source, UsageDocument)
    return None if usage is None else usage_of(usage)


def usage_of(usage: UsageDocument) -> Usage:
    """A `usage` object in the words that all endpoints share."""
    input_details = usage.prompt_tokens_details or usage.input_tokens_details or _OF_INPUT
    output_details = usage.completion_tokens_details or usage.output_tokens_details or _OF_OUTPUT
    tools = usage.server_tool_use_details or usage.server_tool_use or _OF_TOOLS
    cache_read, cache_write = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    input_tokens = usage.prompt_tokens
    if input_tokens is None and usage.input_tokens is not None:
        input_tokens = usage.input_tokens + (cache_read or 0) + (cache_write or 0)
    reasoning_tokens = output_details.reasoning_tokens
    return Usage(
        input_tokens,
        input_details.cached_tokens if cache_read is None else cache_read,
        input_details.cache_write_tokens if cache_write is None else cache_write,
        usage.output_tokens if usage.completion_tokens is None else usage.completion_tokens,
        output_details.thinking_tokens if reasoning_tokens is None else reasoning_tokens,
        output_details.image_tokens,
        tools.web_search_requests,
        _finite(usage.cost),
        _finite((usage.cost_details or _OF_COST).upstream_inference_cost),
        usage.is_byok,
    )


def _finite(amount: Decimal | None) -> Decimal | None:
    return amount if amount is not None and amount.is_finite() else None


_OF_INPUT, _OF_OUTPUT, _OF_TOOLS, _OF_COST = (
    InputDetails(),
    OutputDetails(),
    ToolUse(),
    CostDetails(),
)
