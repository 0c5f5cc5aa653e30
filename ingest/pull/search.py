"""Looking for lost calls: what OpenRouter billed and the ledger has no generation id for."""

from collections.abc import Iterable

import httpx

from ingest.clock import Clock
from ingest.lake import Lake
from ingest.pull.analytics import BilledGeneration, billed_generations
from ingest.pull.answers import Answers
from ingest.pull.inquiry import Inquiry
from ingest.pull.lost import CLOCK_TOLERANCE, KEPT_BY_PROVIDER, LostCall, windows
from ingest.pull.match import match
from ingest.pull.portions import Portions
from ingest.pull.provider import Patience, Progress
from ingest.pull.questions import Unsettled
from ingest.records import Settlement
from ingest.wire.fields import session_field


class Search:
    """What may be one of the lost `calls`, and is no call that the ledger knows.

    Found generations land as they come, and once more with their call when all are there: of
    several, which was which can only be told then. A search that was killed goes on with those.
    """

    def __init__(self, lake: Lake, calls: list[LostCall], portions: Portions, clock: Clock) -> None:
        self._calls = calls
        self._portions = portions
        self._clock = clock
        self._recorded = _recorded_generations(lake)
        self._settled = _settled_generations(lake)
        sessions = {call.session_id for call in calls}
        self._told = {
            row.generation_id: row
            for row in _unmatched(lake)
            if row.session_id in sessions and row.generation_id not in self._recorded
        }
        self._billed: dict[str, BilledGeneration] = {}

    def look_up(self, management: httpx.Client, patience: Patience) -> None:
        """Ask analytics what was billed in the hour after each call.

        Not for all days: an account with other traffic is not to be downloaded whole.
        """
        now = self._clock()
        oldest, latest = now - KEPT_BY_PROVIDER, now + CLOCK_TOLERANCE
        for begin, end in windows(self._calls):
            span = max(begin, oldest), min(end, latest)
            if span[0] >= span[1]:
                continue  # Of a call made while the clock was ahead: nothing is billed so far.
            for billed in billed_generations(management, *span, patience):
                if not self._is_known(billed.generation_id):
                    self._billed[billed.generation_id] = billed

    def leave_out(self, unsealed: dict[str, str]) -> list[LostCall]:
        """Take no generation that a running program knows for a lost call, nor its calls for lost.

        `unsealed` is attempt → generation id. Gives back the calls that are left.
        """
        for name in unsealed.values():
            self._billed.pop(name, None)
            self._told.pop(name, None)
        self._calls = [call for call in self._calls if call.event_id not in unsealed]
        return self._calls

    def match_and_land(
        self,
        client: httpx.Client,
        patience: Patience,
        worker_count: int,
        progress: Progress | None = None,
    ) -> int:
        """Ask for session, model and time of what was billed; give back how many calls it was.

        Where `/generation` cannot tell them, analytics' own cost stands, unmatched.
        """
        asked = [Unsettled(name, self._clock()) for name in self._billed]
        Inquiry(client, self._clock, asked, self, progress).ask(patience, worker_count)
        matches = match(self._calls, self._told.values())
        for name, event_id in matches.items():
            self._portions.put(self._told[name].model_copy(update={"event_id": event_id}))
        for settlement in self._by_analytics():
            self._portions.put(settlement)
        self._portions.land()
        return len(matches)

    def take(self, answers: Answers[Settlement]) -> None:
        """An answer to the inquiry came."""
        self._told |= {row.generation_id: row for row in answers.records}
        self._portions.take(answers)

    def land(self) -> None:
        """A round of the inquiry is over, and it was not the last."""
        self._portions.land()

    def _is_known(self, generation_id: str) -> bool:
        # What analytics alone told is asked for once more: it has neither model nor time.
        return self._settled.get(generation_id, False) or generation_id in self._recorded

    def _by_analytics(self) -> Iterable[Settlement]:
        untold = self._billed.keys() - self._told.keys() - self._settled.keys()
        for name in sorted(untold):
            yield Settlement(
                generation_id=name,
                total_cost_usd=self._billed[name].cost_usd,
                session_id=session_field(self._billed[name].told_beside),
                observed_in="analytics",
                observed_at=self._clock(),
            )


def _unmatched(lake: Lake) -> Iterable[Settlement]:
    matched = lake.scan("settlements").sql(
        "select distinct generation_id from self where event_id is not null"
    )
    told = lake.scan("settlements").sql(
        "select * from self where session_id is not null and generated_at is not null"
    )
    rows = told.join(matched, on="generation_id", how="anti").collect().iter_rows(named=True)
    return (Settlement.model_validate(row) for row in rows)


def _settled_generations(lake: Lake) -> dict[str, bool]:
    """Each settled generation, and whether `/generation` told when it was made."""
    rows = lake.scan("settlements").sql(
        "select generation_id, max(case when generated_at is not null then 1 else 0 end) as told "
        "from self group by generation_id"
    )
    return {name: bool(is_told) for name, is_told in rows.collect().iter_rows()}


def _recorded_generations(lake: Lake) -> set[str]:
    rows = lake.scan("usage_events").sql(
        "select distinct generation_id from self where generation_id is not null"
    )
    return set(rows.collect()["generation_id"])
