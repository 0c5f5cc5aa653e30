"""What is counted, and the rates at which it is charged."""

from dataclasses import dataclass, replace
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class PriceTier:
    """Other rates for prompts of strictly more than `min_prompt_tokens`, USD per token."""

    min_prompt_tokens: int
    prompt: Decimal
    completion: Decimal
    input_cache_read: Decimal
    input_cache_write: Decimal


@dataclass(frozen=True)
class Rates:
    """USD per token, per image or per megapixel; null where the price list does not name it."""

    prompt: Decimal
    completion: Decimal
    input_cache_read: Decimal | None = None
    input_cache_write: Decimal | None = None
    image_output: Decimal | None = None
    usd_per_image: Decimal | None = None
    usd_per_megapixel: Decimal | None = None
    usd_per_input_image: Decimal | None = None
    usd_per_unit: Decimal | None = None
    """Per search, per character of speech, per second of audio or video."""
    web_search: Decimal | None = None
    discount: Decimal = ZERO
    tiers: tuple[PriceTier, ...] = ()

    def at(self, prompt_tokens: int) -> "Rates":
        """The rates in force for a prompt of this length; of several tiers the last one wins."""
        rates = self
        for tier in self.tiers:
            if prompt_tokens > tier.min_prompt_tokens:
                rates = replace(
                    rates,
                    prompt=tier.prompt,
                    completion=tier.completion,
                    input_cache_read=tier.input_cache_read,
                    input_cache_write=tier.input_cache_write,
                )
        return rates


@dataclass(frozen=True)
class Tokens:
    """Native counts. Cached are inside `prompt`; reasoning and image are inside `completion`."""

    prompt: int
    completion: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    image: int = 0
    is_cache_overlapping: bool = False
    """Gemini reports the same tokens as read and as written, and charges both."""

    @property
    def uncached(self) -> int:
        """Prompt tokens that no cache held."""
        if self.is_cache_overlapping:
            return self.prompt - max(self.cache_read, self.cache_write)
        return self.prompt - self.cache_read - self.cache_write
