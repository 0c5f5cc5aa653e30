"""Which requests of the old back office the recorder has seen, and from when on."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from ingest.lake import Lake
from ingest.recording.segment import whole_lines

LABEL = "request_id"


def recorded_requests(lake: Lake, spool: Path) -> dict[str, datetime]:
    """Request or run → when its first recorded call started, sealed or not.

    A call is of a request if its label `request_id` says so, or if its run is called so.
    """
    rows = lake.scan("usage_events").sql(
        "select run_id, labels, min(started_at) as started_at from self where source = 'live' "
        "and (run_id is not null or labels is not null) group by run_id, labels"
    )
    first: dict[str, datetime] = {}
    calls = [_Call(*row) for row in rows.collect().iter_rows()]
    for call in (*calls, *_unsealed(spool)):
        if call.started_at is not None:
            for name in _names(call):
                first[name] = min(call.started_at, first.get(name, call.started_at))
    return first


class _Call(msgspec.Struct):
    run_id: str | None = None
    labels: str | None = None
    started_at: datetime | None = None


class _Line(msgspec.Struct):
    usage_events: _Call | None = None


_lines = msgspec.json.Decoder(_Line)


def _unsealed(spool: Path) -> list[_Call]:
    lines = (line for line in whole_lines(spool) if line.startswith(b'{"usage_events"'))
    calls = []
    for line in lines:
        with suppress(msgspec.MsgspecError):  # `seal` says what is wrong with it.
            calls.append(_lines.decode(line).usage_events)
    return [call for call in calls if call]


def _names(call: _Call) -> set[str]:
    label = msgspec.json.decode(call.labels).get(LABEL) if call.labels else None
    return {str(name) for name in (call.run_id, label) if name is not None}
