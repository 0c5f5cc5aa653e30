"""The newest listed price of each model, as an estimate of the most needs it."""

import functools
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.money import loads

if TYPE_CHECKING:
    from ingest.lake import Lake


class Override(NamedTuple):
    """Other prices, USD per token, of a call that sends more than `min_input_tokens`."""

    min_input_tokens: int
    input_usd_per_token: Decimal
    output_usd_per_token: Decimal
    cache_write_usd_per_token: Decimal


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
    audio_usd_per_token: Decimal | None = None
    """The dearer of heard and spoken."""
    overrides: tuple[Override, ...] = ()


_LISTED = Price._fields[:8]


def listed_prices(lake: "Lake") -> dict[str, Price]:
    """Every model's newest price, by its name and by its dated one."""
    files = (lake.root / "model_prices").glob("landed_date=*/*.parquet")
    return _listed_prices(lake.root, frozenset(files))


# A month of pulls is many rows, and several budgets ask for the same.
@functools.lru_cache(maxsize=2)
def _listed_prices(root: Path, _: frozenset[Path]) -> dict[str, Price]:
    import polars as pl

    from ingest.lake import Lake

    names = ["model", "canonical_slug", *_LISTED, "pricing_json"]
    rows = (
        Lake(root)
        .scan("model_prices")
        # What a model is listed at, not what its providers or others say.
        .filter(pl.col("source").fill_null("models") == "models")
        .sort("observed_at")
        .unique("model", keep="last", maintain_order=True)
        .select(names)
        .collect()
    )
    listed = [
        (model, slug, Price._make([*row, *_more(more)])) for model, slug, *row, more in rows.rows()
    ]
    prices = {model: price for model, _, price in listed}
    for model, slug, price in listed:
        if slug and ":" not in model:  # `:free` has the dated name of what it is a variant of.
            prices.setdefault(slug, price)
    return prices


def _more(pricing_json: str) -> tuple[Decimal | None, tuple[Override, ...]]:
    """What the lake has no columns for: prices of sound, and those of long prompts and hours."""
    try:
        pricing = loads(pricing_json)
    except ValueError:
        return None, ()
    listed = pricing if isinstance(pricing, dict) else {}
    audio = max(_amount(listed, "audio"), _amount(listed, "audio_output"))
    overrides = listed.get("overrides")
    found = overrides if isinstance(overrides, list) else []
    return audio or None, tuple(_override(each) for each in found if isinstance(each, dict))


def _override(listed: Mapping[str, Any]) -> Override:
    least = listed.get("min_prompt_tokens")
    return Override(
        least if isinstance(least, int) else 0,
        _amount(listed, "prompt"),
        max(_amount(listed, "completion"), _amount(listed, "internal_reasoning")),
        max(_amount(listed, "input_cache_write"), _amount(listed, "input_cache_write_1h")),
    )


def _amount(listed: Mapping[str, Any], name: str) -> Decimal:
    try:
        amount = Decimal(str(listed.get(name, 0)))
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() and amount > 0 else Decimal(0)
