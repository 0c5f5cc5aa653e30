"""`GET /generation`: what each attempt whose reply told no cost was charged after all."""

from dataclasses import replace

import httpx

from ingest.clock import Clock, utc_now
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.pull.inquiry import Inquiry
from ingest.pull.provider import Patience, Progress
from ingest.pull.result import PullResult, land_answers
from ingest.pull.unsettled import unsettled_generations


def pull_settlements(
    lake: Lake,
    client: httpx.Client,
    *,
    clock: Clock = utc_now,
    patience: Patience | None = None,
    worker_count: int = 8,
    progress: Progress | None = None,
) -> PullResult:
    """Land one `settlements` row for every unsettled generation that OpenRouter has a record of.

    A record appears seconds after the call, later if the call was cut: new generations are asked
    for again within `patience`, in all and not each. What is settled is not asked for a second
    time. Interrupted, or when OpenRouter stops answering, what has come lands all the same.
    Raises `RequestRefused` for a bad key, `NoAnswer` when OpenRouter cannot be reached.
    """
    inquiry = Inquiry(client, clock, unsettled_generations(lake), progress)
    try:
        inquiry.ask(patience or Patience(), worker_count)
    finally:
        result = land_answers(lake, f"settlements-{new_id()}", inquiry.answers, clock())
    return replace(result, not_yet_known=tuple(inquiry.pending), refused=tuple(inquiry.refused))
