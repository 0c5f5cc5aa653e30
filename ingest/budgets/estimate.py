"""What a call may cost at most, from what it asks for and what its models were last listed at."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ingest.budgets.asked import (
    image_count,
    may_search,
    message_count,
    texts,
    tier_factor,
    written_tokens,
)
from ingest.budgets.prices import Price
from ingest.budgets.said import Said, said_in
from ingest.wire.request import RequestFacts

OUTPUT_TOKENS = 32_768
"""Assumed of a call that does not set `max_tokens`."""
IMAGE_TOKENS = 8_192
"""Of one image, shown or drawn; the dearest known take about 6,300."""
GOOGLE_IMAGE_TOKENS = 2_560
"""Of one image that a model of Google draws: 1,290 of the first, up to 2,000 in 4K."""
MESSAGE_TOKENS = 16
"""What a model's own template puts around a message."""
TOOLS_TOKENS = 1_024
"""What a model's own template says to introduce tools."""
WEB_SEARCH_USD = Decimal("0.10")
"""For a call that may search: a few searches at the dearest of OpenRouter's engines."""
SEARCH_TOKENS = 16_384
"""What the results of such searches add to the prompt."""
CACHE_WRITE_FACTOR = 2
"""Writing to a cache that lasts an hour costs twice the input."""
OWN_KEY_FACTOR = Decimal("1.05")
"""With a key of the caller's own at the provider, OpenRouter's fee comes on top of the list."""
LEAST_USD_PER_IMAGE = Decimal("0.001")
"""A listed `image_output` from here on is of an image, not of one of its tokens."""

_TOKEN_PRICED = ("completions", "responses", "messages", "images", "embeddings")
_NO_OUTPUT = ("embeddings",)
_CACHE_WORDS = (b'"cache_control"', b'"prompt_cache_options"', b'"prompt_cache_breakpoint"')


def upper_usd(
    facts: RequestFacts, prices: Mapping[str, Price], output_tokens: int = OUTPUT_TOKENS
) -> Decimal | None:
    """The most that the call may cost, `None` if one of its models has no known price.

    `output_tokens` is assumed of each answer of a call that sets no `max_tokens`.

    A token is at least one byte of what is sent. Not in it, since no request limits them: pages
    of a PDF, tools that call other models, providers dearer than the listed price.
    """
    if facts.endpoint.rpartition("/")[2] not in _TOKEN_PRICED:
        return None
    document = facts.document()
    asked = [facts.requested_model, *texts(document.get("models"))]
    models = [model for model in asked if model is not None]
    said = said_in(document, len(facts.content))
    written = written_tokens(facts.endpoint, document, output_tokens)
    costs = [_cost(facts, document, said, written, model, prices) for model in models]
    if not costs or None in costs:
        return None
    factor = OWN_KEY_FACTOR * tier_factor(document)
    return factor * max(cost for cost in costs if cost is not None)


def _price(model: str, prices: Mapping[str, Price]) -> Price | None:
    # `:online`, `:nitro` and the like choose a provider of the same model; `:free` is its own.
    return prices.get(model) or (
        None if model.endswith(":free") else prices.get(model.partition(":")[0])
    )


def _cost(
    facts: RequestFacts,
    document: Mapping[str, Any],
    said: Said,
    written_tokens: int,
    model: str,
    prices: Mapping[str, Price],
) -> Decimal | None:
    listed = _price(model, prices)
    if listed is None:
        return None
    searches = may_search(model, document)
    shown = facts.input_image_count or 0
    tokens = said.text_bytes + said.media_tokens + IMAGE_TOKENS * shown
    tokens += MESSAGE_TOKENS * message_count(document) + SEARCH_TOKENS * searches
    tokens += TOOLS_TOKENS * ("tools" in document)
    price = _in_force(listed, tokens)
    sent = _sent_usd_per_token(facts, said, price)
    written = _written_usd(facts, document, written_tokens, price)
    drawn = _drawn_usd(facts.endpoint, document, model, price)
    if sent is None or written is None or drawn is None:
        return None
    search_usd = max(WEB_SEARCH_USD, price.web_search_usd_per_search or 0) if searches else 0
    shown_usd = shown * (price.input_image_usd_per_image or 0)
    fixed: Decimal = shown_usd + (price.request_usd_per_request or 0) + Decimal(search_usd)
    return tokens * sent + written + drawn + fixed


def _in_force(price: Price, tokens: int) -> Price:
    """The dearest of what the model is listed at for so long a prompt, at any hour."""
    for each in price.overrides:
        if tokens > each.min_input_tokens and price.input_usd_per_token is not None:
            price = price._replace(
                input_usd_per_token=max(price.input_usd_per_token, each.input_usd_per_token),
                output_usd_per_token=max(
                    price.output_usd_per_token or Decimal(0), each.output_usd_per_token
                ),
                cache_write_usd_per_token=max(
                    price.cache_write_usd_per_token or Decimal(0), each.cache_write_usd_per_token
                ),
            )
    return price


def _sent_usd_per_token(facts: RequestFacts, said: Said, price: Price) -> Decimal | None:
    if price.input_usd_per_token is None or (said.has_sound and price.audio_usd_per_token is None):
        return None
    is_cached = any(word in facts.content for word in _CACHE_WORDS)
    return max(
        price.input_usd_per_token * (CACHE_WRITE_FACTOR if is_cached else 1),
        price.cache_write_usd_per_token or Decimal(0),
        (price.audio_usd_per_token or Decimal(0)) if said.has_sound else Decimal(0),
    )


def _written_usd(
    facts: RequestFacts, document: Mapping[str, Any], tokens: int, price: Price
) -> Decimal | None:
    if facts.endpoint.endswith(_NO_OUTPUT):
        return Decimal(0)
    per_token = price.output_usd_per_token
    if per_token is None:
        return Decimal(0) if image_count(facts.endpoint, document) else None
    per_token = max(per_token, price.reasoning_usd_per_token or Decimal(0))
    if "audio" in texts(document.get("modalities")):
        if price.audio_usd_per_token is None:
            return None
        per_token = max(per_token, price.audio_usd_per_token)
    return tokens * per_token


def _drawn_usd(
    endpoint: str, document: Mapping[str, Any], model: str, price: Price
) -> Decimal | None:
    drawn_count = image_count(endpoint, document)
    listed = price.image_output_usd_per_token
    if not drawn_count or listed is None:
        return None if drawn_count else Decimal(0)
    if listed >= LEAST_USD_PER_IMAGE:
        return listed * drawn_count
    tokens = GOOGLE_IMAGE_TOKENS if model.startswith("google/") else IMAGE_TOKENS
    return listed * drawn_count * tokens
