"""What the calls that a budget is for have cost, as far as the lake and the spool tell."""

from collections.abc import Container
from dataclasses import dataclass, field
from decimal import Decimal

from ingest.budgets.reading import Call, Reading, Told
from ingest.wire.billing import NEVER_BILLED


@dataclass
class Known:
    """What calls of the past cost. `open_calls` are those whose cost nobody has told."""

    spent_usd: Decimal = Decimal(0)
    open_calls: list[Call] = field(default_factory=list)
    dearest_usd: dict[str | None, Decimal] = field(default_factory=dict)
    """Model → the most that one call of it cost."""


def known_calls(reading: Reading, under_way: Container[str]) -> Known:
    """Add up what was read. A generation counts once, however often it was recorded.

    Calls that are `under_way` in this process are left out: it knows more of them.
    """
    known = Known()
    counted: dict[str, Decimal] = {}
    for call in reading.calls:
        if call.event_id in under_way:
            continue
        told = reading.told.get(call.generation_id or "") or reading.told.get(call.event_id)
        cost_usd = _cost(call, told)
        if cost_usd is None:
            known.open_calls.append(call)
            continue
        key = call.generation_id or call.event_id
        counted[key] = max(cost_usd, counted.get(key, cost_usd))
        dearest = known.dearest_usd.get(call.requested_model, cost_usd)
        known.dearest_usd[call.requested_model] = max(cost_usd, dearest)
    known.spent_usd = sum(counted.values(), Decimal(0))
    known.open_calls = [call for call in known.open_calls if call.generation_id not in counted]
    return known


def _cost(call: Call, told: Told | None) -> Decimal | None:
    if told is not None:
        return _with_upstream(told.total_cost_usd, told.upstream_cost_usd, told.is_byok)
    cost_usd = _with_upstream(call.reported_cost_usd, call.upstream_cost_usd, call.is_byok)
    if cost_usd is None and call.http_status in NEVER_BILLED:
        return Decimal(0)
    return cost_usd


def _with_upstream(
    cost_usd: Decimal | None, upstream_usd: Decimal | None, is_byok: bool | None
) -> Decimal | None:
    if not is_byok or cost_usd is None:
        return cost_usd
    return None if upstream_usd is None else cost_usd + upstream_usd
