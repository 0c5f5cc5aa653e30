"""What a generation costs: pure Decimal until the last step, which is the wire's double."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ingest.money import round_usd
from ingest.simulator.rates import ZERO, Rates, Tokens
from ingest.simulator.wire_json import add_as_doubles, as_double

BYOK_FEE = Decimal("0.05")
"""OpenRouter's share of the list price of BYOK calls above the monthly allowance."""
BATCH_SHARE = Decimal("0.5")
"""Of the price of single calls."""
WEB_SEARCH_USD = Decimal("0.007")
"""One search that OpenRouter sells: in `usage.cost`, not in `cost_details`."""


class Byok(StrEnum):
    """Who pays the provider: OpenRouter, or the caller's own provider key without or with a fee."""

    NONE = "none"
    FREE = "free"
    FEE = "fee"


@dataclass(frozen=True)
class Charge:
    """What one generation costs, USD.

    `prompt_usd` and `completion_usd` are what the provider takes, `extras_usd` what OpenRouter
    itself adds (a web search), `byok` says on whose account the provider's part falls.
    """

    prompt_usd: Decimal
    completion_usd: Decimal
    extras_usd: Decimal = ZERO
    byok: Byok = Byok.NONE

    @property
    def is_byok(self) -> bool:
        """Whether the provider bills the caller's own account."""
        return self.byok is not Byok.NONE

    @property
    def wire_upstream_usd(self) -> Decimal:
        """`cost_details.upstream_inference_cost`: the digits of the double that is sent."""
        return add_as_doubles(self.prompt_usd, self.completion_usd)

    @property
    def wire_cost_usd(self) -> Decimal:
        """`usage.cost`: the digits of the double that is sent."""
        if self.byok is Byok.FREE:
            return as_double(self.extras_usd)
        if self.byok is Byok.FEE:
            return add_as_doubles(self.wire_upstream_usd * BYOK_FEE, self.extras_usd)
        return add_as_doubles(self.wire_upstream_usd, self.extras_usd)

    @property
    def openrouter_usd(self) -> Decimal:
        """Taken from the OpenRouter credits, at the ledger's resolution."""
        return round_usd(self.wire_cost_usd)

    @property
    def upstream_usd(self) -> Decimal:
        """The provider's part, at the ledger's resolution; inside the former unless BYOK."""
        return round_usd(self.wire_upstream_usd)

    @property
    def true_usd(self) -> Decimal:
        """The true spend: the credits taken, and the provider's own bill where there is one."""
        return self.openrouter_usd + (self.upstream_usd if self.is_byok else ZERO)


def charge_tokens(
    rates: Rates, tokens: Tokens, extras_usd: Decimal = ZERO, byok: Byok = Byok.NONE
) -> Charge:
    """Price disjoint buckets: uncached, cache read, cache write, text and image output."""
    rates = rates.at(tokens.prompt)
    factor = 1 - rates.discount
    prompt_usd = (
        tokens.uncached * rates.prompt
        + tokens.cache_read * _or(rates.input_cache_read, rates.prompt)
        + tokens.cache_write * _or(rates.input_cache_write, rates.prompt)
    )
    completion_usd = (tokens.completion - tokens.image) * rates.completion
    completion_usd += tokens.image * _or(rates.image_output, rates.completion)
    return Charge(prompt_usd * factor, completion_usd * factor, extras_usd, byok)


def charge_images(
    rates: Rates, image_count: int, megapixels: Decimal, input_image_count: int, byok: Byok
) -> Charge:
    """Price images that are not sold by the token: flat, or by the megapixel."""
    if rates.usd_per_image is not None:
        per_image = rates.usd_per_image
    else:
        per_image = _or(rates.usd_per_megapixel, ZERO) * megapixels
    input_usd = input_image_count * _or(rates.usd_per_input_image, ZERO)
    return Charge(input_usd, image_count * per_image, ZERO, byok)


def charge_units(rates: Rates, count: Decimal, byok: Byok) -> Charge:
    """Price what is sold by the search, the character or the second."""
    return Charge(ZERO, count * _or(rates.usd_per_unit, ZERO), ZERO, byok)


def charge_batch(charges: Sequence[Charge], byok: Byok) -> Charge:
    """The price of several calls in one batch: half of what they would cost one by one."""
    prompt_usd = sum((charge.prompt_usd for charge in charges), ZERO)
    completion_usd = sum((charge.completion_usd for charge in charges), ZERO)
    extras_usd = sum((charge.extras_usd for charge in charges), ZERO)
    return Charge(prompt_usd * BATCH_SHARE, completion_usd * BATCH_SHARE, extras_usd, byok)


def no_charge(byok: Byok, extras_usd: Decimal = ZERO) -> Charge:
    """A generation that failed: its tokens are free, a search that was made is not."""
    return Charge(ZERO, ZERO, extras_usd, byok)


def _or(rate: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if rate is None else rate
