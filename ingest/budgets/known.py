"""What one recorded call counts for."""

from decimal import Decimal
from typing import Protocol

from ingest.money import LARGEST_USD, round_usd
from ingest.wire.billing import NEVER_BILLED


class Recorded(Protocol):
    """The columns of a recorded call that tell its cost."""

    http_status: int | None
    reported_cost_usd: Decimal | None
    upstream_cost_usd: Decimal | None
    is_byok: bool | None


def cost_of(call: Recorded) -> Decimal | None:
    """What the call's own reply says that it cost, USD; `None` if it does not say."""
    cost_usd = call.reported_cost_usd
    if cost_usd is None:
        return Decimal(0) if call.http_status in NEVER_BILLED else None
    if not call.is_byok:
        return cost_usd
    return None if call.upstream_cost_usd is None else cost_usd + call.upstream_cost_usd


def as_landed(amount_usd: Decimal | None) -> Decimal | None:
    """An amount at the ledger's resolution; `None` for nonsense, which no lake takes."""
    if amount_usd is None or not amount_usd.is_finite() or not 0 <= amount_usd < LARGEST_USD:
        return None
    return round_usd(amount_usd)
