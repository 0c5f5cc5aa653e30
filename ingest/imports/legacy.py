"""Import of the old back office's `token_usages` and `image_usages` into `usage_events`.

Each row is one call, known by its back office, its table and its id. All rows are read each time
and only those land that the lake has not got, so importing again adds nothing, and after a kill or
a lost connection it goes on. A row that its database or the mapping tells otherwise than before
lands again, with the same `event_id`, and the newest landing counts.

A row of a request that the recorder has seen is left out from that request's first recorded call
on: it is that call.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingest.clock import Clock, utc_now
from ingest.errors import UsageError
from ingest.imports.legacy_mapping import LegacyNames
from ingest.imports.legacy_result import LegacyResult, LegacyTable
from ingest.lake import Lake
from ingest.landing.old_rows import COUNTS, OldRows, OldTable, Origin
from ingest.landing.old_sums import Comparison, Known, has_other_names, sums_of_lake, sums_of_source

if TYPE_CHECKING:
    from ingest.imports.back_office import BackOffice

NAMES = {"requests": ("request_id", "run_id"), "ebooks": ("ebook_id", "ebook_id")}
"""What is compared → its column there and here."""


def import_legacy(
    office: "BackOffice",
    lake: Lake,
    *,
    name: str | None = None,
    names: LegacyNames | None = None,
    recorded: Mapping[str, datetime] | None = None,
    until: datetime | None = None,
    is_compared: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
    clock: Clock = utc_now,
) -> LegacyResult:
    """Land what the lake lacks of `office`, and compare the sums of both.

    `recorded` are the requests that the recorder has seen, `until` is an instant from which on all
    rows are left alone. Raises `UsageError` for another database under a known name, and where
    names were mapped before and are not now.
    """
    renamed = names or LegacyNames()
    origin = Origin(name or office.name, renamed.ebooks, renamed.runs, recorded or {})
    if names is None and has_other_names(lake, origin.labels):
        raise UsageError(
            f"{origin.name} was imported with a mapping: give it again with --mapping, or an empty "
            "file to have every row under its old names."
        )
    sums = {
        what: sums_of_source(office.sums(there, until), _mapping(renamed, what))
        for what, (there, _) in NAMES.items()
    }
    row_count = sum(sums["requests"]["row_count"])
    landing = _Landing(lake, origin, clock)
    for table_name in COUNTS:
        table = OldTable(table_name, origin)
        for copied in office.rows(table_name, until):
            landing.land(table_name, table.read(copied), hashlib.sha256(copied).hexdigest())
            progress(landing.row_count, row_count)
    return LegacyResult(
        origin.name,
        tuple(LegacyTable(table_name, **landing.counts[table_name]) for table_name in COUNTS),
        {
            what: Comparison(sums[what], sums_of_lake(lake, origin.labels, here))
            for what, (_, here) in NAMES.items()
            if is_compared
        },
        landing.missing,
    )


def _mapping(names: LegacyNames, what: str) -> Mapping[str, str]:
    return names.runs if what == "requests" else names.ebooks


class _Landing:
    """What has landed of one import until now, in numbers."""

    def __init__(self, lake: Lake, origin: Origin, clock: Clock) -> None:
        self.row_count = 0
        self.counts: dict[str, Counter[str]] = {table_name: Counter() for table_name in COUNTS}
        self.missing: dict[tuple[str, str | None], Counter[str]] = {}
        """What is compared, and its name → how many rows were quarantined or recorded."""
        self._lake, self._origin, self._clock = lake, origin, clock
        self._known = Known.of(lake, origin.labels)
        self._quarantined = lake.scan("quarantine").select("quarantine_id").collect()

    def land(self, table_name: str, rows: OldRows, digest: str) -> None:
        """Land what is new of a batch, events before what was set aside."""
        sorted_out = self._known.sorted_out(rows.events)
        known, foreign = sorted_out.pop("known"), sorted_out["foreign"]
        if 2 * foreign.height > rows.events.height - sorted_out["new"].height:
            self._refuse(table_name)
        for events in sorted_out.values():
            self._land("usage_events", f"legacy-{digest[:32]}", events)
        unknown = rows.quarantined.join(self._quarantined, on="quarantine_id", how="anti")
        self._land("quarantine", f"legacy-{digest[:32]}", unknown)
        self.counts[table_name] += Counter(
            landed_count=sorted_out["new"].height,
            changed_count=sorted_out["changed"].height + foreign.height,
            moved_count=sorted_out["moved"].height,
            known_count=known.height,
            quarantined_count=rows.quarantined.height,
            recorded_count=rows.recorded.height,
        )
        self.row_count += rows.events.height + rows.quarantined.height + rows.recorded.height
        self._count("quarantined_count", rows.not_landing)
        self._count("recorded_count", rows.recorded)

    def _land(self, table_name: str, source: str, rows: Any) -> None:
        if rows.height:
            file_name = self._lake.next_name(table_name, source)
            self._lake.land_rows(table_name, file_name, rows, self._clock())

    def _count(self, what: str, rows: Any) -> None:
        for compared, (_, column) in NAMES.items():
            for name in rows[column]:
                self.missing.setdefault((compared, name), Counter())[what] += 1

    def _refuse(self, table_name: str) -> None:
        raise UsageError(
            f"{table_name} has other rows under the ids that were imported from "
            f"{self._origin.name}: if it is another database, give it a name of its own with "
            "--source."
        )
