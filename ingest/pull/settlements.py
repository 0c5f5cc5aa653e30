"""What each attempt whose reply told no cost was charged after all."""

from pathlib import Path

import httpx

from ingest.clock import Clock, utc_now
from ingest.lake import Lake
from ingest.pull.batches import settle_batches
from ingest.pull.inquiry import Inquiry
from ingest.pull.lost import lost_calls
from ingest.pull.portions import Portions
from ingest.pull.provider import Patience, Progress
from ingest.pull.result import PullResult
from ingest.pull.search import Search
from ingest.pull.unsealed import unsealed_generations
from ingest.pull.unsettled import unsettled_generations

SETTLING = Patience(total_seconds=120.0)
"""The record of a cut stream was seen to come more than a minute after it."""


def pull_settlements(
    lake: Lake,
    client: httpx.Client,
    *,
    management: httpx.Client | None = None,
    spool: Path | None = None,
    clock: Clock = utc_now,
    patience: Patience | None = None,
    worker_count: int = 8,
    progress: Progress | None = None,
) -> PullResult:
    """Land one `settlements` row for every unsettled generation that OpenRouter has a record of.

    A record appears seconds after the call, later if the call was cut: new generations are asked
    for again within `patience`, in all and not each. What is settled is not asked for a second
    time. With a `management` client, calls that died before they learned their generation are
    looked for as well; what `spool` holds of running programs is not taken for them.

    What comes lands every few seconds: interrupted, killed, or when OpenRouter stops answering,
    the next pull asks for the rest. Raises `RequestRefused` for a bad key, `NoAnswer` when
    OpenRouter cannot be reached.
    """
    patience = patience or SETTLING
    portions = Portions(lake, clock)
    unsealed = unsealed_generations(spool) if spool else {}
    settle_batches(lake, client, clock, patience, portions, unsealed)
    inquiry = Inquiry(client, clock, unsettled_generations(lake), portions, progress)
    found_count = 0
    try:
        inquiry.ask(patience, worker_count)
        lost = lost_calls(lake, clock())
        if lost and management is not None:
            search = Search(lake, lost, portions, clock)
            search.look_up(management, patience)
            lost = search.leave_out(unsealed_generations(spool) if spool else {})
            found_count = search.match_and_land(client, patience, worker_count, progress)
    finally:
        portions.land()
    return PullResult(
        landed_count=portions.landed_count,
        quarantined_count=portions.quarantined_count,
        not_yet_known=tuple(inquiry.pending),
        refused=tuple(inquiry.refused),
        lost_count=len(lost) - found_count,
        found_count=found_count,
    )
