"""What batches cost: `/generation` knows none of them, they are asked for under their own path."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import httpx
from pydantic import ValidationError

from ingest.clock import Clock
from ingest.lake import Lake
from ingest.pull.batch_answers import Batch, ask_for_batch, list_batches, read_batch
from ingest.pull.lost import CLOCK_TOLERANCE, LostCall, is_same_model, lost_calls
from ingest.pull.portions import Portions
from ingest.pull.provider import Patience
from ingest.records import Settlement


def settle_batches(
    lake: Lake,
    client: httpx.Client,
    clock: Clock,
    patience: Patience,
    portions: Portions,
    unsealed: Mapping[str, str],
) -> None:
    """Land a `settlements` row for each batch whose cost is told now and was not before.

    Each is asked for once: it may take a day. A call that died before it learned its batch is
    looked for among the account's batches, by model and time; `unsealed` is what running programs
    know, attempt → batch. Raises as `pull_settlements` does.
    """
    found = _found(lake, client, clock(), patience, unsealed)
    for batch_id, event_id in (_untold(lake) | found).items():
        body = ask_for_batch(client, batch_id, patience)
        settlement = body and _read(body, event_id, clock())
        if settlement and (settlement.total_cost_usd is not None or batch_id in found):
            portions.put(settlement)
    portions.land()


def _read(body: bytes, event_id: str | None, now: datetime) -> Settlement | None:
    try:
        return read_batch(body, event_id, now)
    except ValidationError:
        # Not set aside as other answers are: it holds what the models said.
        return None


def _untold(lake: Lake) -> dict[str, str | None]:
    """Batches without a cost, each with the call that it was matched to, if it had to be."""
    called = lake.scan("usage_events").sql(
        "select generation_id, cast(null as text) as event_id from self "
        "where endpoint like '%batches' and generation_id is not null"
    )
    matched = lake.scan("settlements").sql(
        "select generation_id, event_id from self where generation_id like 'batch%'"
    )
    told = lake.scan("settlements").sql(
        "select distinct generation_id from self where total_cost_usd is not null"
    )
    untold = (frame.join(told, on="generation_id", how="anti") for frame in (called, matched))
    return dict(row for frame in untold for row in frame.collect().iter_rows())


def _found(
    lake: Lake,
    client: httpx.Client,
    now: datetime,
    patience: Patience,
    unsealed: Mapping[str, str],
) -> dict[str, str | None]:
    """Batch → the lost call that began it: of the same model, and the nearest in time."""
    free = {call.event_id: call for call in _lost(lake, now) if call.event_id not in unsealed}
    if not free:
        return {}
    since = min(call.sent_at for call in free.values()) - CLOCK_TOLERANCE
    known = _known(lake) | set(unsealed.values())
    listed = [each for each in list_batches(client, since, patience) if each.id not in known]
    found: dict[str, str | None] = {}
    for batch in sorted(listed, key=lambda batch: str(batch.created_at)):
        possible = [call for call in free.values() if _may_be(call, batch)]
        if possible:
            nearest = min(possible, key=lambda call: _distance(call, batch))
            found[batch.id] = free.pop(nearest.event_id).event_id
    return found


def _lost(lake: Lake, now: datetime) -> Iterable[LostCall]:
    events = lake.scan("usage_events").sql(
        "select distinct event_id from self where endpoint like '%batches'"
    )
    of_batches = set(events.collect()["event_id"])
    return [call for call in lost_calls(lake, now) if call.event_id in of_batches]


def _known(lake: Lake) -> set[str]:
    frames = [
        lake.scan(table).sql("select generation_id from self where generation_id is not null")
        for table in ("usage_events", "settlements")
    ]
    return {batch_id for frame in frames for batch_id in frame.collect()["generation_id"]}


def _may_be(call: LostCall, batch: Batch) -> bool:
    is_near = _distance(call, batch) <= CLOCK_TOLERANCE
    return is_near and is_same_model(call.requested_model, batch.model)


def _distance(call: LostCall, batch: Batch) -> timedelta:
    created_at = batch.created_at
    return timedelta.max if created_at is None else abs(created_at - call.sent_at)
