"""Looking for lost calls: what OpenRouter billed and the ledger has no generation id for."""

from collections.abc import Iterable
from datetime import datetime

import httpx

from ingest.clock import Clock
from ingest.lake import Lake
from ingest.pull.analytics import BilledGeneration, billed_generations
from ingest.pull.inquiry import Inquiry
from ingest.pull.lost import LostCall, match, windows
from ingest.pull.provider import Patience, Progress
from ingest.pull.unsettled import Unsettled
from ingest.records import Settlement
from ingest.wire.fields import session_field


def search_lost_calls(
    lake: Lake,
    calls: list[LostCall],
    client: httpx.Client,
    management: httpx.Client,
    *,
    clock: Clock,
    patience: Patience,
    worker_count: int,
    progress: Progress | None = None,
) -> list[Settlement]:
    """A settlement for each generation near a lost call that the ledger has not, matched or not.

    Only the hour after each lost call is asked for, so that an account with other traffic is not
    downloaded whole. `/generation` tells session, model and time; where it cannot, analytics'
    own cost stands, unmatched.
    """
    known = _known_generations(lake)
    found: dict[str, BilledGeneration] = {}
    for begin, end in windows(calls):
        end = min(end, clock())
        if begin >= end:
            continue  # Of a call made while the clock was ahead: nothing is billed in the future.
        for billed in billed_generations(management, begin, end, patience):
            if billed.generation_id not in known:
                found[billed.generation_id] = billed
    asked = [Unsettled(generation_id, clock()) for generation_id in found]
    inquiry = Inquiry(client, clock, asked, progress)
    inquiry.ask(patience, worker_count)
    told = inquiry.answers.records
    matches = match(calls, told)
    told_ids = {settlement.generation_id for settlement in told}
    return [
        *(row.model_copy(update={"event_id": matches.get(row.generation_id)}) for row in told),
        *_by_analytics((found[name] for name in found if name not in told_ids), clock()),
    ]


def _by_analytics(
    billed: Iterable[BilledGeneration], observed_at: datetime
) -> Iterable[Settlement]:
    return (
        Settlement(
            generation_id=row.generation_id,
            total_cost_usd=row.cost_usd,
            session_id=session_field(row.external_user),
            observed_in="analytics",
            observed_at=observed_at,
        )
        for row in billed
    )


def _known_generations(lake: Lake) -> set[str]:
    tables = ("usage_events", "settlements")
    rows = (
        lake.scan(table)
        .sql("select distinct generation_id from self where generation_id is not null")
        .collect()
        for table in tables
    )
    return {name for frame in rows for name in frame["generation_id"]}
