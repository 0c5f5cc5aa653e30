"""Adding up what the lake knows of the calls in a scope, in a forked process too.

The library that reads Parquet has threads, which a forked child does not inherit: there a process
of its own reads and answers in JSON.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from ingest.budgets.known import as_landed
from ingest.budgets.prices import Price
from ingest.budgets.scope import Scope
from ingest.settings import Home


class Call(msgspec.Struct):
    """The columns of `usage_events` by which a call counts."""

    event_id: str
    started_at: datetime
    requested_model: str | None = None
    ebook_id: str | None = None
    run_id: str | None = None
    api_key_hash: str | None = None
    generation_id: str | None = None
    http_status: int | None = None
    reported_cost_usd: Decimal | None = None
    upstream_cost_usd: Decimal | None = None
    is_byok: bool | None = None
    reserved_usd: Decimal | None = None
    source: str = "live"
    finished_at: datetime | None = None

    def __post_init__(self) -> None:
        self.reported_cost_usd = as_landed(self.reported_cost_usd)
        self.upstream_cost_usd = as_landed(self.upstream_cost_usd)


class Told(msgspec.Struct):
    """The columns of `settlements` that tell a cost."""

    generation_id: str
    observed_at: datetime
    total_cost_usd: Decimal | None = None
    upstream_cost_usd: Decimal | None = None
    is_byok: bool | None = None
    event_id: str | None = None

    def __post_init__(self) -> None:
        self.total_cost_usd = as_landed(self.total_cost_usd)
        self.upstream_cost_usd = as_landed(self.upstream_cost_usd)


class Line(msgspec.Struct):
    """One line of the spool, as far as a budget reads it."""

    usage_events: Call | None = None
    settlements: Told | None = None


class Question(msgspec.Struct):
    """What to add up: the lake's calls in a scope, and those that only the spool has yet."""

    home: str
    scope: Scope
    now: datetime
    calls: Sequence[Call]
    told: Sequence[Told]
    left_out: Sequence[str]
    """Calls, by `event_id`, of which the process that asks knows more."""


class Reading(msgspec.Struct):
    """What is known of the calls in a scope."""

    spent_usd: Decimal
    """By all calls whose cost is known; a generation counts once, however often it was recorded."""
    open_calls: list[tuple[str, Decimal | None]]
    """Call and what was held for it, of those whose cost nobody has told."""
    dearest_usd: list[tuple[str | None, Decimal]]
    """Model and the most that one call of it cost."""
    prices: dict[str, Price]
    """A model's last listed price, by each of its names."""


_forked: list[int] = []


def read(question: Question) -> Reading:
    """Read everything of the calls in scope, and what models are listed at."""
    return _read_elsewhere(question) if _forked else _read_here(question)


def _read_here(question: Question) -> Reading:
    # Loaded when it is needed: polars takes longer to load than everything else here.
    from ingest.budgets.lake_sum import lake_sum
    from ingest.budgets.prices import listed_prices
    from ingest.lake import Lake

    lake = Lake(Home(Path(question.home)).lake)
    return Reading(*lake_sum(lake, question), listed_prices(lake))


def _read_elsewhere(question: Question) -> Reading:
    answered = subprocess.run(
        [sys.executable, "-m", "ingest.budgets.reading"],
        input=msgspec.json.encode(question),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(answered.stdout, type=Reading)


os.register_at_fork(after_in_child=lambda: _forked.append(os.getpid()))

if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(_read_here(asked)))
