"""The `usage` object of every endpoint, read into the same words.

Chat and images say `prompt_tokens`, responses and transcription `input_tokens`; messages leave
cache tokens out of `input_tokens`, everybody else has them inside. Whatever is missing or of the
wrong type is unknown, never zero and never an error: the raw object is kept beside it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

LARGEST_COUNT = 10**12
"""A trillion tokens in one reply is no count."""


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

    def over(self, known: "Usage | None") -> "Usage":
        """What this says, and what `known` said where this is silent."""
        if known is None:
            return self
        said = {name: value for name, value in self._asdict().items() if value is not None}
        return known._replace(**said)


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Read a `usage` object as `money.loads` gives it."""
    get = usage.get
    input_details = _object(get("prompt_tokens_details") or get("input_tokens_details"))
    output_details = _object(get("completion_tokens_details") or get("output_tokens_details"))
    tools = _object(get("server_tool_use_details") or get("server_tool_use"))
    cache_read = _count(get("cache_read_input_tokens"))
    cache_write = _count(get("cache_creation_input_tokens"))
    input_tokens = _count(get("prompt_tokens"), get("input_tokens"))
    if input_tokens is not None and "prompt_tokens" not in usage:
        input_tokens += (cache_read or 0) + (cache_write or 0)
    is_byok = get("is_byok")
    return Usage(
        input_tokens=input_tokens,
        cache_read_tokens=_count(cache_read, input_details.get("cached_tokens")),
        cache_write_tokens=_count(cache_write, input_details.get("cache_write_tokens")),
        output_tokens=_count(get("completion_tokens"), get("output_tokens")),
        reasoning_tokens=_count(
            output_details.get("reasoning_tokens"), output_details.get("thinking_tokens")
        ),
        output_image_tokens=_count(output_details.get("image_tokens")),
        web_search_count=_count(tools.get("web_search_requests")),
        reported_cost_usd=_money(get("cost")),
        upstream_cost_usd=_money(_object(get("cost_details")).get("upstream_inference_cost")),
        is_byok=is_byok if isinstance(is_byok, bool) else None,
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _count(*candidates: object) -> int | None:
    # Nonsense in a count must not cost us the cost that stands beside it.
    for value in candidates:
        if type(value) is int and 0 <= value < LARGEST_COUNT:
            return value
    return None


def _money(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None


_NOTHING: Mapping[str, Any] = {}
