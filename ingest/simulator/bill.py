"""The true bill: every generation that was charged, whether or not anybody read its answer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ingest.money import format_usd
from ingest.simulator.catalogue import Model
from ingest.simulator.pricing import Charge, no_charge
from ingest.simulator.rates import ZERO, Tokens


@dataclass(frozen=True)
class Outcome:
    """How a generation ended and what it cost.

    `status` is `succeeded`, `failed` (an error, free of tokens) or `cancelled` (cut short by the
    client or the network, charged for what was produced).
    """

    status: str
    tokens: Tokens
    charge: Charge
    finish_reason: str | None
    image_count: int = 0
    web_search_count: int = 0

    def failed(self) -> "Outcome":
        """The same call, had its provider failed: its tokens are free, a search is not."""
        return replace(
            self,
            status="failed",
            tokens=replace(self.tokens, completion=0, reasoning=0, image=0),
            charge=no_charge(self.charge.byok, self.charge.extras_usd),
            finish_reason="error",
            image_count=0,
        )

    def cancelled(self) -> "Outcome":
        """The same call, given up before anything was produced that is charged."""
        return replace(self.failed(), status="cancelled", finish_reason=None)


@dataclass(frozen=True)
class Generation:
    """One charged generation. `ready_at` is when `/generation` begins to know it, UTC."""

    generation_id: str
    api_type: str
    api_key_hash: str
    requested_model: str
    model: Model
    outcome: Outcome
    is_streamed: bool
    session_id: str | None
    external_user: str | None
    user_agent: str | None
    created_at: datetime
    ready_at: datetime
    cache_source_id: str | None = None

    def bill_row(self) -> dict[str, object]:
        """The row of `GET /simulator/bill`: money as decimal strings at the ledger's resolution."""
        charge = self.outcome.charge
        return {
            "id": self.generation_id,
            "model": self.model.permaslug,
            "requested_model": self.requested_model,
            "provider_name": self.model.provider.name,
            "status": self.outcome.status,
            "cost_usd": format_usd(charge.true_usd),
            "openrouter_cost_usd": format_usd(charge.openrouter_usd),
            "upstream_cost_usd": format_usd(charge.upstream_usd),
            "is_byok": charge.is_byok,
            "api_key_hash": self.api_key_hash,
            "created_at": self.created_at.isoformat(),
        }


class Bill:
    """All generations of one simulator, in the order in which they were charged."""

    def __init__(self) -> None:
        self._by_id: dict[str, Generation] = {}

    def enter(self, generation: Generation) -> None:
        """Charge a generation. It happens before the client can read the amount anywhere."""
        self._by_id[generation.generation_id] = generation

    def find(self, generation_id: str) -> Generation | None:
        """The generation with this id, if it was ever charged."""
        return self._by_id.get(generation_id)

    def generations(self) -> tuple[Generation, ...]:
        """All that was charged until now."""
        return tuple(self._by_id.values())

    def as_json(self) -> dict[str, Any]:
        """The shape of `GET /simulator/bill`: `total_usd` is the exact sum of the rows."""
        generations = self.generations()
        return {
            "total_usd": format_usd(true_usd(generations)),
            "generations": [generation.bill_row() for generation in generations],
        }


def true_usd(generations: Iterable[Generation]) -> Decimal:
    """The true spend of several generations, USD, to the last digit."""
    return sum((generation.outcome.charge.true_usd for generation in generations), ZERO)


def openrouter_usd(generations: Iterable[Generation]) -> Decimal:
    """What several generations took from the OpenRouter credits, USD."""
    return sum((generation.outcome.charge.openrouter_usd for generation in generations), ZERO)


def byok_usd(generations: Iterable[Generation]) -> Decimal:
    """What providers bill to keys of the caller's own for several generations, USD."""
    charges = (generation.outcome.charge for generation in generations)
    return sum((charge.upstream_usd for charge in charges if charge.is_byok), ZERO)
