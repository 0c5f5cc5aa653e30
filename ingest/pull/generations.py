"""Which generations the provider billed on days of which the ledger counts otherwise."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import httpx

from ingest.clock import Clock, utc_now
from ingest.lake import Lake
from ingest.pull.analytics import billed_generations
from ingest.pull.lost import KEPT_BY_PROVIDER
from ingest.pull.provider import Patience
from ingest.records import ProviderGeneration
from ingest.wire.fields import token_field

MOST_REQUESTS = 50_000
"""A day with more is not asked for by generation: its sums by model and key stand."""


@dataclass(frozen=True, slots=True)
class GenerationsResult:
    """What was asked for, and what was too much to ask for."""

    landed_count: int = 0
    asked_days: tuple[date, ...] = ()
    days_too_large: tuple[date, ...] = ()


def pull_generations(
    lake: Lake,
    management: httpx.Client,
    *,
    clock: Clock = utc_now,
    patience: Patience | None = None,
) -> GenerationsResult:
    """Land what analytics bill by generation, for each UTC day whose requests the ledger lacks.

    The days are those of the newest `/activity` in the lake, within analytics' 31 days. A day on
    which the provider counts as many requests as the ledger knows generations is not asked for: an
    account is not to be downloaded whole. What has landed with the same cost does not land again.
    Raises `RequestRefused`, `NoAnswer` or `OpenRouterError`.
    """
    patience = patience or Patience()
    now = clock()
    oldest = now - KEPT_BY_PROVIDER
    requests = {day: count for day, count in _requested(lake) if _start_of(day) >= oldest}
    known = dict(_known(lake, oldest.date()))
    differing = [day for day in sorted(requests) if requests[day] != known.get(day, 0)]
    asked = [day for day in differing if requests[day] <= MOST_REQUESTS]
    landed_count = 0
    for day in asked:
        told = [*_billed_on(day, management, patience, now)]
        landed_count += _land_new(lake, day, told, now)
    too_large = tuple(day for day in differing if requests[day] > MOST_REQUESTS)
    return GenerationsResult(landed_count, tuple(asked), too_large)


def _billed_on(
    day: date, management: httpx.Client, patience: Patience, observed_at: datetime
) -> Iterator[ProviderGeneration]:
    begin = _start_of(day)
    end = begin + timedelta(days=1)
    for billed in billed_generations(management, begin, end, patience, beside="model"):
        yield ProviderGeneration(
            generation_id=billed.generation_id,
            billed_date=day,
            model=token_field(billed.told_beside),
            cost_usd=billed.cost_usd,
            observed_at=observed_at,
        )


def _land_new(lake: Lake, day: date, told: list[ProviderGeneration], landed_at: datetime) -> int:
    landed = lake.scan("provider_generations").sql("select generation_id, cost_usd from self")
    known = set(landed.collect().iter_rows())
    new = {row.generation_id: row for row in told if (row.generation_id, row.cost_usd) not in known}
    content = "\n".join(f"{name} {new[name].cost_usd}" for name in sorted(new))
    digest = hashlib.sha256(content.encode()).hexdigest()
    file_name = f"generations-{day}-{digest[:32]}"
    path = lake.land("provider_generations", file_name, [*new.values()], landed_at)
    return len(new) if path else 0


def _requested(lake: Lake) -> Iterator[tuple[date, int]]:
    """Each day and the most requests that a snapshot of the whole account tells of it."""
    days = lake.scan("provider_activity").sql(
        """
        select activity_date, max(request_count) as request_count
        from (
            select snapshot_id, activity_date, sum(request_count) as request_count
            from self
            where source = 'activity_api' and api_key_hash is null
            group by snapshot_id, activity_date
        ) as snapshots
        group by activity_date
        """
    )
    yield from days.collect().iter_rows()


def _known(lake: Lake, since: date) -> Iterator[tuple[date, int]]:
    """Each day and how many generations of it are known, here or from analytics."""
    recorded = lake.scan("usage_events", landed_since=since).sql(
        "select generation_id, cast(started_at as date) as billed_date from self "
        "where generation_id is not null"
    )
    told = lake.scan("provider_generations").sql("select generation_id, billed_date from self")
    untracked = told.join(recorded, on="generation_id", how="anti")
    days = untracked.sql(
        "select billed_date, count(distinct generation_id) as n from self group by billed_date"
    )
    own = recorded.sql(
        "select billed_date, count(distinct generation_id) as n from self group by billed_date"
    )
    counts: dict[date, int] = {}
    for day, count in [*days.collect().iter_rows(), *own.collect().iter_rows()]:
        counts[day] = counts.get(day, 0) + count
    yield from counts.items()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
