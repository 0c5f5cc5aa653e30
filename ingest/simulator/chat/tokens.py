"""Counts the tokens of a chat: what is asked, what is cached, thought, written and drawn."""

import math
from typing import Final

from ingest.simulator.catalogue import CacheStyle, Model
from ingest.simulator.chat.request import ChatRequest
from ingest.simulator.rates import Tokens
from ingest.simulator.seeding import Draw

CHARACTERS_PER_TOKEN: Final = 4
TOKENS_PER_OUTPUT_IMAGE: Final = 1290
_TOKENS_PER_INPUT_IMAGE: Final = 258
_TOKENS_PER_MESSAGE: Final = 4
# Real caches begin at about a thousand tokens; a demo's short prompts shall meet them too.
_FEWEST_CACHED_TOKENS: Final = 128


def count_tokens(
    asked: ChatRequest, model: Model, content: str, image_count: int, reasoning: int, draw: Draw
) -> Tokens:
    """Native counts: cached tokens inside the prompt, reasoning and images inside the answer."""
    prompt = sum(_message_tokens(message.text()) for message in asked.messages)
    prompt += _TOKENS_PER_INPUT_IMAGE * sum(message.image_count() for message in asked.messages)
    cache_read, cache_write = _cached(asked, model, prompt, draw)
    image = TOKENS_PER_OUTPUT_IMAGE * image_count
    return Tokens(
        prompt=prompt,
        completion=reasoning + text_tokens(content) + image,
        cache_read=cache_read,
        cache_write=cache_write,
        reasoning=reasoning,
        image=image,
        is_cache_overlapping=model.cache_style is CacheStyle.OVERLAPPING,
    )


def reasoning_tokens(model: Model, asked: ChatRequest, draw: Draw) -> int:
    """What the model thinks before it answers, never more than the request allows in all."""
    drawn = draw.integer("reasoning", 64, 448) if model.does_reason else 0
    limit = asked.token_limit()
    return drawn if limit is None else min(drawn, limit)


def text_tokens(text: str) -> int:
    """About one token for four characters."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def _message_tokens(text: str) -> int:
    return _TOKENS_PER_MESSAGE + text_tokens(text)


def _cached(asked: ChatRequest, model: Model, prompt: int, draw: Draw) -> tuple[int, int]:
    """Tokens read from and written to a cache; by the seed, not by what was asked before."""
    cacheable = prompt - draw.integer("uncached", 3, 40)
    if cacheable < _FEWEST_CACHED_TOKENS or not draw.chance("cache", 0.6):
        return 0, 0
    if model.cache_style is CacheStyle.AUTOMATIC:
        return cacheable, 0
    if model.cache_style is CacheStyle.OVERLAPPING:
        return cacheable, cacheable
    if model.cache_style is CacheStyle.EXPLICIT and asked.wants_cache():
        read = draw.choice("cache_read", (0, cacheable, cacheable * 9 // 10))
        return read, cacheable - read
    return 0, 0
