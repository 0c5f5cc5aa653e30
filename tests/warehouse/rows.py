"""Rows of the lake with everything filled in that a test does not care about."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ingest.records import (
    CostCalculated,
    Ebook,
    ModelPrice,
    Outcome,
    ProviderActivity,
    Settlement,
    UsageEvent,
)

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def attempt(event_id: str, **fields: Any) -> UsageEvent:
    """A call that succeeded and whose cost nobody said."""
    known = {
        "operation_id": f"operation-{event_id}",
        "endpoint": "chat/completions",
        "status": "succeeded",
        "started_at": NOON,
    }
    return UsageEvent(event_id=event_id, **{**known, **fields})


def settlement(generation_id: str, total_cost_usd: str | None, **fields: Any) -> Settlement:
    """What `GET /generation` said an hour later."""
    known = {"observed_at": NOON + timedelta(hours=1)}
    cost = None if total_cost_usd is None else Decimal(total_cost_usd)
    return Settlement(generation_id=generation_id, total_cost_usd=cost, **{**known, **fields})


def rejection(operation_id: str, decided_at: datetime = NOON) -> Outcome:
    """A result that was not used."""
    return Outcome(
        outcome_id=f"outcome-{operation_id}",
        operation_id=operation_id,
        outcome="rejected",
        decided_at=decided_at,
    )


def acceptance(operation_id: str, decided_at: datetime = NOON) -> Outcome:
    """A result that was used."""
    return rejection(operation_id, decided_at).model_copy(
        update={"outcome_id": f"acceptance-{operation_id}", "outcome": "accepted"}
    )


def ebook(ebook_id: str, **fields: Any) -> Ebook:
    """What is known about an ebook."""
    return Ebook(ebook_id=ebook_id, **{"recorded_at": NOON, **fields})


def activity(day: date, model: str, usage_usd: str, request_count: int) -> ProviderActivity:
    """One line of an activity export by day."""
    return ProviderActivity(
        snapshot_id="export",
        source="activity_export",
        activity_date=day,
        model=model,
        usage_usd=Decimal(usage_usd),
        request_count=request_count,
    )


def finished_run(run_id: str, attempt_count: int, cost_usd: str, **fields: Any) -> CostCalculated:
    """The producer's own sum."""
    known = {"unpriced_count": 0, "stage_totals": "{}", "started_at": NOON, "finished_at": NOON}
    return CostCalculated(
        run_id=run_id,
        attempt_count=attempt_count,
        cost_usd=Decimal(cost_usd),
        **{**known, **fields},
    )


def price(model: str, usd_per_token: str, **fields: Any) -> ModelPrice:
    """A model whose input and output cost the same, listed since before any call."""
    known = {"observed_at": NOON - timedelta(days=1), "pricing_json": "{}"}
    return ModelPrice(
        model=model,
        input_usd_per_token=Decimal(usd_per_token),
        output_usd_per_token=Decimal(usd_per_token),
        **{**known, **fields},
    )
