"""What models were listed at before prices were pulled: OpenRouter's part of genai-prices.

The data ship in that package, so that nothing is asked for over the network.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from genai_prices.data import providers
from genai_prices.types import ConditionalPrice, ModelInfo, StartDateConstraint, TieredPrices

from ingest.clock import Clock, utc_now
from ingest.identifiers import derived_id
from ingest.lake import Lake
from ingest.money import format_usd
from ingest.pull.answers import Answers
from ingest.pull.prices import to_model_price
from ingest.pull.result import PullResult, land_answers
from ingest.records import ModelPrice

SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a price without a start date began."""
_UNITS: Mapping[str, tuple[str, int]] = {
    "input_mtok": ("prompt", 6),
    "output_mtok": ("completion", 6),
    "cache_read_mtok": ("input_cache_read", 6),
    "cache_write_mtok": ("input_cache_write", 6),
    "cache_write_1h_mtok": ("input_cache_write_1h", 6),
    "output_reasoning_mtok": ("internal_reasoning", 6),
    "output_image_mtok": ("image_output", 6),
    "input_image_mtok": ("image_token", 6),
    "input_audio_mtok": ("audio", 6),
    "output_audio_mtok": ("audio_output", 6),
    "requests_kcount": ("request", 3),
    "web_searches_kcount": ("web_search", 3),
}
"""Its name for a price, OpenRouter's, and the power of ten of units that it is for."""


def land_earlier_prices(
    lake: Lake, models: Iterable[ModelInfo] | None = None, *, clock: Clock = utc_now
) -> PullResult:
    """Land a `model_prices` row for each price that genai-prices knows, as observed when it began.

    The same data never land twice; of several editions the warehouse takes the newest.
    """
    answers = Answers[ModelPrice]("model_prices", "genai-prices")
    rows = [row for model in models or _openrouter_models() for row in _periods(model)]
    answers.read(rows, lambda row: to_model_price(*row, source="genai_prices"))
    edition = derived_id(
        *(f"{row.model} {row.observed_at} {row.pricing_json}" for row in answers.records)
    )
    return land_answers(lake, f"genai-prices-{edition}", answers, clock())


def _openrouter_models() -> list[ModelInfo]:
    return next(provider.models for provider in providers if provider.id == "openrouter")


def _periods(model: ModelInfo) -> list[tuple[str, dict[str, Any], datetime]]:
    """Model, `pricing` as OpenRouter writes it, and from when; of one day the last counts."""
    prices = model.prices
    if not isinstance(prices, list):
        prices = [ConditionalPrice(prices=prices)]
    begun = {
        began_at: (model.id, _pricing(vars(price.prices)), began_at)
        for price in prices
        if (began_at := _began_at(price)) is not None
    }
    return list(begun.values())


def _began_at(price: ConditionalPrice) -> datetime | None:
    match price.constraint:
        case None:
            return SINCE_EVER
        case StartDateConstraint(start_date=day):
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        case _:  # By the hour of the day: OpenRouter's own list tells such prices as overrides.
            return None


def _pricing(prices: Mapping[str, Decimal | TieredPrices | None]) -> dict[str, Any]:
    pricing: dict[str, Any] = {}
    overrides: dict[int, dict[str, Any]] = {}
    for unit, (name, power) in _UNITS.items():
        match prices.get(unit):
            case Decimal() as usd:
                pricing[name] = _per_unit(usd, power)
            case TieredPrices(base=usd, tiers=tiers):
                pricing[name] = _per_unit(usd, power)
                for tier in tiers:
                    override = overrides.setdefault(tier.start, {"min_prompt_tokens": tier.start})
                    override[name] = _per_unit(tier.price, power)
    if overrides:
        pricing["overrides"] = [overrides[start] for start in sorted(overrides)]
    return pricing


def _per_unit(usd: Decimal, power: int) -> str:
    return format_usd(usd.scaleb(-power))
