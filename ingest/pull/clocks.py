"""How far the provider's clock is from the producer's, as the calls tell of which both know."""

import re
from collections import defaultdict
from collections.abc import Container
from datetime import UTC, datetime, timedelta
from statistics import median

from ingest.lake import Lake

_ID = re.compile(r"gen-(?:[a-z]+-)?(\d{10})-")
"""A generation id holds the second in which the provider made it."""
_WORTH_NOTING = timedelta(seconds=5)
"""Below it, the time itself is nearer than a difference of whole seconds."""
_BELIEVABLE = timedelta(days=1)
"""Beyond it, what stands in the ids is no time."""


def clock_differences(lake: Lake, session_ids: Container[str | None]) -> dict[str, timedelta]:
    """Session → the provider's clock less the producer's, where they differ by some seconds."""
    rows = lake.scan("usage_events").sql(
        "select session_id, started_at, generation_id from self "
        "where session_id is not null and generation_id is not null and source = 'live'"
    )
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for session_id, started_at, generation_id in rows.collect().iter_rows():
        made = _ID.match(generation_id) if session_id in session_ids else None
        if made is not None:
            made_at = datetime.fromtimestamp(int(made[1]), UTC)
            seconds[session_id].append((made_at - started_at).total_seconds())
    differences = {name: timedelta(seconds=median(each)) for name, each in seconds.items()}
    return {
        name: each for name, each in differences.items() if _WORTH_NOTING < abs(each) < _BELIEVABLE
    }
