"""Import of OpenRouter's activity exports: per call into `usage_events`, per day into
`provider_activity`.

Importing is idempotent. A call is known by its generation id (without one, by its whole row and
its ordinal among equal rows), a day's sums by the SHA-256 of their file; what the lake has does
not land again, so the same file, or one that overlaps it, adds only what is new.

Attribution follows the rules. A known call that other rules attribute otherwise lands again,
as a new row with the same `event_id`, and the newest landing of an imported call counts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ingest.errors import UsageError
from ingest.imports.attribution_rules import AttributionRules
from ingest.imports.calls import read_calls
from ingest.imports.days import read_days
from ingest.imports.delimited import Export, read_export
from ingest.imports.import_result import ImportedFile, ImportResult, report
from ingest.imports.known_calls import KnownCall, known_calls
from ingest.lake import Lake
from ingest.records import Quarantined, Record


def import_activity(
    paths: Sequence[Path], lake: Lake, *, rules: AttributionRules, landed_at: datetime
) -> ImportResult:
    """Land what the files hold.

    `UnreadableFile` if any of them is no activity export; nothing of any has landed then.
    """
    if not paths:
        raise UsageError("No file was given: name the activity exports to import.")
    exports = [read_export(path) for path in paths]
    return ImportResult(
        tuple(
            # Each file lands later than the one before, so that of two rows for the same call
            # there is always one that is the newest.
            _import(export, lake, rules, landed_at + position * timedelta(microseconds=1))
            for position, export in enumerate(exports)
        )
    )


def _import(
    export: Export, lake: Lake, rules: AttributionRules, landed_at: datetime
) -> ImportedFile:
    if export.layout.kind == "days":
        return _import_days(export, lake, landed_at)
    return _import_calls(export, lake, rules, landed_at)


def _import_days(export: Export, lake: Lake, landed_at: datetime) -> ImportedFile:
    reading = read_days(export)
    path = lake.land(
        "provider_activity", f"activity-days-{export.digest[:32]}", reading.records, landed_at
    )
    _land_quarantine(reading.quarantined, export, lake, landed_at)
    return report(reading, landed=reading.records if path else ())


def _import_calls(
    export: Export, lake: Lake, rules: AttributionRules, landed_at: datetime
) -> ImportedFile:
    reading = read_calls(export, rules)
    known = known_calls(lake)
    calls = {call.event_id: call for call in reading.records}
    new = [call for event_id, call in calls.items() if event_id not in known]
    changed = [
        call
        for event_id, call in calls.items()
        if (before := known.get(event_id))
        and before.is_improved_by(KnownCall.of(call), under_rules=bool(rules))
    ]
    _land(lake, "usage_events", export, [*new, *changed], landed_at)
    _land_quarantine(reading.quarantined, export, lake, landed_at)
    return report(reading, landed=new, changed_count=len(changed))


def _land_quarantine(
    quarantined: Sequence[Quarantined], export: Export, lake: Lake, landed_at: datetime
) -> None:
    known = set(lake.scan("quarantine").select("quarantine_id").collect()["quarantine_id"])
    unknown = [row for row in quarantined if row.quarantine_id not in known]
    _land(lake, "quarantine", export, unknown, landed_at)


def _land(
    lake: Lake, table_name: str, export: Export, records: Sequence[Record], landed_at: datetime
) -> None:
    # One file may land several times, under other rules each time.
    file_name = lake.next_name(table_name, f"activity-{export.digest[:32]}")
    lake.land(table_name, file_name, records, landed_at)
