"""The `usage` object of every endpoint, read into the same words.

Chat and images say `prompt_tokens`, responses and transcription `input_tokens`; messages leave
cache tokens out of `input_tokens`, everybody else has them inside. Whatever is missing or of the
wrong type is unknown, never zero and never an error: the raw object is kept beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LARGEST_COUNT = 10**12
"""A trillion tokens in one reply is no count."""


@dataclass(frozen=True)
class Usage:
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


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Read a `usage` object as `money.loads` gives it."""
    input_details = _object(usage, "prompt_tokens_details", "input_tokens_details")
    output_details = _object(usage, "completion_tokens_details", "output_tokens_details")
    tools = _object(usage, "server_tool_use_details", "server_tool_use")
    cache_read = _count(usage, "cache_read_input_tokens")
    cache_write = _count(usage, "cache_creation_input_tokens")
    input_tokens = _count(usage, "prompt_tokens", "input_tokens")
    if input_tokens is not None and "prompt_tokens" not in usage:
        input_tokens += (cache_read or 0) + (cache_write or 0)
    return Usage(
        input_tokens=input_tokens,
        cache_read_tokens=_first(cache_read, _count(input_details, "cached_tokens")),
        cache_write_tokens=_first(cache_write, _count(input_details, "cache_write_tokens")),
        output_tokens=_count(usage, "completion_tokens", "output_tokens"),
        reasoning_tokens=_count(output_details, "reasoning_tokens", "thinking_tokens"),
        output_image_tokens=_count(output_details, "image_tokens"),
        web_search_count=_count(tools, "web_search_requests"),
        reported_cost_usd=_money(usage.get("cost")),
        upstream_cost_usd=_money(_object(usage, "cost_details").get("upstream_inference_cost")),
        is_byok=usage["is_byok"] if isinstance(usage.get("is_byok"), bool) else None,
    )


def _object(parent: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((parent[name] for name in names if isinstance(parent.get(name), dict)), {})


def _count(parent: Mapping[str, Any], *names: str) -> int | None:
    return next((parent[name] for name in names if _is_count(parent.get(name))), None)


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)


def _is_count(value: object) -> bool:
    # Nonsense in a count must not cost us the cost that stands beside it.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_COUNT


def _money(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None
