"""Reading calls, settlements and prices back from lake and spool, in a forked process too.

The library that reads Parquet has threads, which a forked child does not inherit: there a process
of its own reads and answers in JSON.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from ingest.budgets.estimate import Price
from ingest.budgets.scope import Scope
from ingest.lake import Lake
from ingest.recording.segment import whole_lines
from ingest.settings import Home


class Call(msgspec.Struct):
    """The columns of `usage_events` by which a call counts."""

    event_id: str
    started_at: datetime
    endpoint: str = ""
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


class Told(msgspec.Struct):
    """The columns of `settlements` that tell a cost."""

    generation_id: str
    total_cost_usd: Decimal | None = None
    upstream_cost_usd: Decimal | None = None
    is_byok: bool | None = None
    event_id: str | None = None


class _Line(msgspec.Struct):
    usage_events: Call | None = None
    settlements: Told | None = None


class Reading(msgspec.Struct):
    """What lake and spool say of the calls in a scope."""

    calls: list[Call]
    told: dict[str, Told]
    """By the generation that was settled, and by the attempt it was matched to."""
    prices: dict[str, Price]
    """A model's last listed price, by each of its names."""


class _Question(msgspec.Struct):
    home: str
    scope: Scope
    now: datetime


_lines = msgspec.json.Decoder(_Line)
_forked: list[int] = []


def read(home: Home, scope: Scope, now: datetime) -> Reading:
    """Read everything of the calls in `scope`, and what models are listed at."""
    return _read_elsewhere(home, scope, now) if _forked else _read_here(home, scope, now)


def _read_here(home: Home, scope: Scope, now: datetime) -> Reading:
    calls, told = _calls(home, scope, now)
    covered = [call for call in calls.values() if scope.covered(call, now)]
    return Reading(covered, told, _prices(home))


def _read_elsewhere(home: Home, scope: Scope, now: datetime) -> Reading:
    answered = subprocess.run(
        [sys.executable, "-m", "ingest.budgets.reading"],
        input=msgspec.json.encode(_Question(str(home.root), scope, now)),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(answered.stdout, type=Reading)


def _calls(home: Home, scope: Scope, now: datetime) -> tuple[dict[str, Call], dict[str, Told]]:
    calls: dict[str, Call] = {}
    told: dict[str, Told] = {}
    # The spool first: what is sealed meanwhile is in the lake when that is read.
    for line in whole_lines(home.spool):
        if line.startswith((b'{"usage_events"', b'{"settlements"')):
            read = _lines.decode(line)
            _keep(calls, read.usage_events)
            _tell(told, read.settlements)
    lake, since = Lake(home.lake), scope.since(now)
    landed_since = since.date() if since is not None else None
    columns = scope.columns()
    events = lake.scan("usage_events", landed_since=landed_since)
    for row in _rows(events.filter(**columns) if columns else events, Call):
        _keep(calls, row)
    for row in _rows(lake.scan("settlements", landed_since=landed_since), Told):
        _tell(told, row)
    return calls, told


def _keep(calls: dict[str, Call], call: Call | None) -> None:
    # One call has up to three lines, in one segment or in two: the one that says most counts.
    if call is not None:
        known = calls.get(call.event_id)
        if known is None or _says(call) >= _says(known):
            calls[call.event_id] = call


def _says(call: Call) -> tuple[bool, bool]:
    return call.reported_cost_usd is not None, call.http_status is not None


def _rows(frame: Any, shape: type[Any]) -> Iterator[Any]:
    fields = shape.__struct_fields__
    for row in frame.select(fields).collect().iter_rows():
        yield shape(**dict(zip(fields, row, strict=True)))


def _tell(told: dict[str, Told], settlement: Told | None) -> None:
    if settlement is not None and settlement.total_cost_usd is not None:
        for name in filter(None, (settlement.generation_id, settlement.event_id)):
            told[name] = settlement


def _prices(home: Home) -> dict[str, Price]:
    names = ["model", "canonical_slug", *Price._fields]
    rows = Lake(home.lake).scan("model_prices").sort("observed_at").select(names).collect()
    prices: dict[str, Price] = {}
    for model, slug, *listed in rows.iter_rows():
        prices[model] = Price(*listed)
        prices[slug or model] = prices[model]
    return prices


os.register_at_fork(after_in_child=lambda: _forked.append(os.getpid()))

if __name__ == "__main__":
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=_Question)
    found = _read_here(Home(Path(question.home)), question.scope, question.now)
    sys.stdout.buffer.write(msgspec.json.encode(found))
