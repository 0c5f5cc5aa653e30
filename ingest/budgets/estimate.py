"""What a call may cost at most, from what it asks for and what its models were last listed at."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from ingest.wire.request import RequestFacts

OUTPUT_TOKENS = 32_768
"""Assumed of a call that does not set `max_tokens`."""
IMAGE_TOKENS = 8_192
"""Of one image, shown or drawn; the dearest known take about 6,300."""
MESSAGE_TOKENS = 16
"""What a model's own template puts around a message."""
WEB_SEARCH_USD = Decimal("0.10")
"""For a call that may search: a few searches at the dearest of OpenRouter's engines."""
CACHE_WRITE_FACTOR = 2
"""Writing to a cache that lasts an hour costs twice the input."""

_TOKEN_PRICED = ("completions", "responses", "messages", "images", "embeddings")
_NO_OUTPUT = ("embeddings",)
_SEARCH_WORDS = ("web_search", "web", "web_search_preview", "openrouter:web_search")


class Price(NamedTuple):
    """A model's last listed price, USD; `None` where nothing is listed."""

    input_usd_per_token: Decimal | None
    output_usd_per_token: Decimal | None
    cache_write_usd_per_token: Decimal | None
    reasoning_usd_per_token: Decimal | None
    image_output_usd_per_token: Decimal | None
    input_image_usd_per_image: Decimal | None
    request_usd_per_request: Decimal | None
    web_search_usd_per_search: Decimal | None


def upper_usd(facts: RequestFacts, prices: Mapping[str, Price]) -> Decimal | None:
    """The most that the call may cost, `None` if one of its models has no known price.

    A token is at least one byte of what is sent. Not in it, since no request limits them: pages
    of a PDF, tools that call other models, providers dearer than the listed price.
    """
    if facts.endpoint.rpartition("/")[2] not in _TOKEN_PRICED:
        return None
    document = facts.document()
    asked = [facts.requested_model, *_texts(document.get("models"))]
    known = [_price(model, prices) for model in asked]
    costs = [_cost(facts, document, price) if price is not None else None for price in known]
    return None if None in costs else max(cost for cost in costs if cost is not None)


def _price(model: str | None, prices: Mapping[str, Price]) -> Price | None:
    if model is None:
        return None
    # `:online`, `:nitro` and the like choose a provider of the same model; `:free` is its own.
    return prices.get(model) or (
        None if model.endswith(":free") else prices.get(model.partition(":")[0])
    )


def _cost(facts: RequestFacts, document: Mapping[str, Any], price: Price) -> Decimal | None:
    input_price, output_price = price.input_usd_per_token, price.output_usd_per_token
    images_drawn = _images_asked_for(facts.endpoint, document)
    if input_price is None or (output_price is None and not images_drawn):
        return None
    if images_drawn and price.image_output_usd_per_token is None:
        return None
    shown = facts.input_image_count or 0
    messages = document.get("messages")
    tokens = _bytes_said(document) + IMAGE_TOKENS * shown
    tokens += MESSAGE_TOKENS * (len(messages) if isinstance(messages, list) else 1)
    write_price = max(
        input_price * (CACHE_WRITE_FACTOR if _is_cached(document) else 1),
        price.cache_write_usd_per_token or 0,
    )
    cost: Decimal = tokens * Decimal(write_price) + shown * (price.input_image_usd_per_image or 0)
    if not facts.endpoint.endswith(_NO_OUTPUT):
        written = max(output_price or 0, price.reasoning_usd_per_token or 0)
        cost += _count(document.get("n")) * _output_tokens(document) * written
    cost += (price.image_output_usd_per_token or 0) * IMAGE_TOKENS * images_drawn
    cost += (price.request_usd_per_request or 0) + _search_cost(
        facts.requested_model, document, price
    )
    return cost


def _output_tokens(document: Mapping[str, Any]) -> int:
    names = ("max_completion_tokens", "max_tokens", "max_output_tokens")
    limits = [document[name] for name in names if type(document.get(name)) is int]
    return max(limits) if limits and min(limits) > 0 else OUTPUT_TOKENS


def _images_asked_for(endpoint: str, document: Mapping[str, Any]) -> int:
    modalities = document.get("modalities")
    draws = isinstance(modalities, list) and "image" in modalities
    return _count(document.get("n")) if draws or endpoint == "images" else 0


def _search_cost(model: str | None, document: Mapping[str, Any], price: Price) -> Decimal | int:
    listed = [document.get("plugins"), document.get("tools")]
    parts = [part for each in listed if isinstance(each, list) for part in each]
    words = [part.get(name) for part in parts if isinstance(part, dict) for name in ("id", "type")]
    searches = (
        ":online" in (model or "")
        or "web_search_options" in document
        or any(word in _SEARCH_WORDS for word in words)
    )
    return max(WEB_SEARCH_USD, price.web_search_usd_per_search or 0) if searches else 0


def _is_cached(document: Mapping[str, Any]) -> bool:
    return "cache_control" in document or any(
        isinstance(part, dict) and "cache_control" in part for part in _parts(document)
    )


def _parts(document: Mapping[str, Any]) -> Iterator[Any]:
    messages = document.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        yield from content if isinstance(content, list) else ()


def _bytes_said(value: object) -> int:
    """Bytes of every text inside, names of fields too; of an image inside the text, none."""
    if isinstance(value, str):
        return 0 if value.startswith("data:image/") else len(value.encode(errors="replace"))
    if isinstance(value, Mapping):
        return sum(len(name) + _bytes_said(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(map(_bytes_said, value))
    return 1 + len(str(value))


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 1


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
