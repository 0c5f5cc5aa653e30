"""What each attempt whose reply told no cost was charged after all."""

from dataclasses import replace

import httpx

from ingest.clock import Clock, utc_now
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.pull.inquiry import Inquiry
from ingest.pull.lost import lost_calls
from ingest.pull.provider import Patience, Progress
from ingest.pull.result import PullResult, land_answers
from ingest.pull.search import search_lost_calls
from ingest.pull.unsettled import unsettled_generations


def pull_settlements(
    lake: Lake,
    client: httpx.Client,
    *,
    management: httpx.Client | None = None,
    clock: Clock = utc_now,
    patience: Patience | None = None,
    worker_count: int = 8,
    progress: Progress | None = None,
) -> PullResult:
    """Land one `settlements` row for every unsettled generation that OpenRouter has a record of.

    A record appears seconds after the call, later if the call was cut: new generations are asked
    for again within `patience`, in all and not each. What is settled is not asked for a second
    time. With a `management` client, calls that died before they learned their generation are
    looked for as well. Interrupted, or when OpenRouter stops answering, what has come lands all
    the same. Raises `RequestRefused` for a bad key, `NoAnswer` when OpenRouter cannot be reached.
    """
    patience = patience or Patience()
    inquiry = Inquiry(client, clock, unsettled_generations(lake), progress)
    try:
        inquiry.ask(patience, worker_count)
    finally:
        result = land_answers(lake, f"settlements-{new_id()}", inquiry.answers, clock())
    lost = lost_calls(lake, clock())
    found_count = 0
    if lost and management is not None:
        rows = search_lost_calls(
            lake,
            lost,
            client,
            management,
            clock=clock,
            patience=patience,
            worker_count=worker_count,
            progress=progress,
        )
        lake.land("settlements", f"settlements-{new_id()}", rows, clock())
        found_count = sum(row.event_id is not None for row in rows)
    return replace(
        result,
        landed_count=result.landed_count + found_count,
        not_yet_known=tuple(inquiry.pending),
        refused=tuple(inquiry.refused),
        lost_count=len(lost) - found_count,
        found_count=found_count,
    )
