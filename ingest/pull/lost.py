"""Calls whose generation nobody told us: they died, or gave up, before their headers came."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.lake import Lake
from ingest.pull.clocks import clock_differences
from ingest.records import Settlement

KEPT_BY_PROVIDER = timedelta(days=31)
"""How long OpenRouter's analytics know a generation by its id."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far the clocks of producer and provider may be apart where nobody has measured it."""
_LONGEST_QUEUE = timedelta(hours=1)
_NO_MODEL_OF_ITS_OWN = re.compile(r"openrouter/|@|~")
_DATED = re.compile(r"-(20\d\d-?)?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])\Z")


@dataclass(frozen=True, slots=True)
class LostCall:
    """An attempt that may have been billed, and has no generation id to ask for."""

    event_id: str
    operation_id: str
    session_id: str | None
    requested_model: str | None
    started_at: datetime
    clock_difference: timedelta = timedelta()
    """The provider's clock less the producer's, as far as other calls tell it."""

    @property
    def sent_at(self) -> datetime:
        """When it was sent, by the provider's clock."""
        return self.started_at + self.clock_difference

    def distance(self, settlement: Settlement) -> timedelta:
        """How far apart in time they are; the longest there is where nobody knows."""
        instant = settlement.generated_at
        return abs(instant - self.sent_at) if instant is not None else timedelta.max

    def may_be(self, settlement: Settlement) -> bool:
        """Whether a generation could be this call: its session, its model, its time."""
        generated_at = settlement.generated_at
        if generated_at is None or settlement.session_id is None:
            return False
        is_in_time = -CLOCK_TOLERANCE <= generated_at - self.sent_at <= _LONGEST_QUEUE
        if settlement.session_id != self.session_id or not is_in_time:
            return False
        # A call outside any run is a session of its own: nothing else can be meant.
        return self.session_id == self.operation_id or is_same_model(
            self.requested_model, settlement.served_model
        )


def lost_calls(lake: Lake, now: datetime) -> list[LostCall]:
    """The calls of the last 31 days that nobody can ask for by an id, oldest first.

    Refusals that cost nothing and requests that never left are not among them, nor are calls
    that a generation was matched to before.
    """
    matched = lake.scan("settlements").sql("select event_id from self where event_id is not null")
    lost = lake.scan("usage_events").sql(
        # Never billed, as `fct_attempts` has it: refused before a provider was asked, or not sent.
        """
        select event_id, max(operation_id) as operation_id, max(session_id) as session_id,
            max(requested_model) as requested_model, min(started_at) as started_at
        from self
        where source = 'live'
        group by event_id
        having max(generation_id) is null and max(reported_cost_usd) is null
            and max(case
                when http_status in (400, 401, 402, 403, 404, 413, 422, 429, 503, 529) then 1
                when http_status is null and error_type in (
                    'ConnectError', 'ConnectTimeout', 'PoolTimeout', 'UnsupportedProtocol',
                    'LocalProtocolError'
                ) then 1
                else 0
            end) = 0
            and max(case when status = 'succeeded' then 1 else 0 end) = 0
        """
    )
    left = lost.join(matched, on="event_id", how="anti").sql(
        "select * from self order by started_at, event_id"
    )
    calls = [LostCall(*row) for row in left.collect().iter_rows()]
    calls = [call for call in calls if now - call.started_at < KEPT_BY_PROVIDER]
    differences = clock_differences(lake, {call.session_id for call in calls})
    return [
        replace(call, clock_difference=differences.get(call.session_id or "", timedelta()))
        for call in calls
    ]


def windows(calls: Iterable[LostCall]) -> Iterator[tuple[datetime, datetime]]:
    """The spans of time in which the calls may have been billed; none overlap."""
    begin = end = None
    for sent_at in sorted(call.sent_at for call in calls):
        earliest, latest = sent_at - CLOCK_TOLERANCE, sent_at + _LONGEST_QUEUE
        if end is not None and begin is not None and earliest > end:
            yield begin, end
            begin = None
        begin, end = begin or earliest, latest
    if begin is not None and end is not None:
        yield begin, end


def is_same_model(requested: str | None, served: str | None) -> bool:
    """Whether a model that was asked for may have been served under that name."""
    if requested is None or served is None or _NO_MODEL_OF_ITS_OWN.match(requested):
        return True  # The account's default, a router or a preset: OpenRouter chose.
    return _model_words(requested) == _model_words(served)


def _model_words(model: str) -> frozenset[str]:
    # As `dim_models` tells a slug from its dated permaslug: the same words, in any order.
    name = model.partition(":")[0].partition("#")[0].lower()
    return frozenset(re.split(r"[-/]", _DATED.sub("", name)))
