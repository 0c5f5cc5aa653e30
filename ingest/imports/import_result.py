"""What an import did, file by file, in numbers and in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from itertools import groupby
from typing import Any

from ingest.imports.columns import Kind
from ingest.imports.reading import Reading
from ingest.money import format_usd
from ingest.records import ProviderActivity, Record, UsageEvent


@dataclass(frozen=True, slots=True)
class ImportedDay:
    """What is new of one UTC day: calls by when they started, sums by the day they are of."""

    date: date
    row_count: int
    told_usd: Decimal | None
    """USD that the rows tell, as far as they do, null where none does; what own keys paid is in
    sums of days only."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file. The four counts add up to its rows."""

    name: str
    kind: Kind
    landed_count: int
    """Rows that are new to the lake."""
    changed_count: int
    """Known calls that landed again, because the rules attribute them otherwise now."""
    known_count: int
    """Rows that the lake had already; nothing was done."""
    quarantined_count: int
    """Rows that cannot be read, kept in `quarantine` with their reason."""
    warnings: tuple[str, ...]
    days: tuple[ImportedDay, ...]
    """The rows of `landed_count` by day."""

    @property
    def row_count(self) -> int:
        return self.landed_count + self.changed_count + self.known_count + self.quarantined_count

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        what = "calls" if self.kind == "calls" else "daily sums"
        parts = [f"{self.landed_count:,} {what} imported" if self.landed_count else "nothing new"]
        if self.known_count:
            parts.append(f"{self.known_count:,} {what} imported before")
        if self.changed_count:
            parts.append(f"{self.changed_count:,} attributed anew")
        if self.quarantined_count:
            parts.append(f"{self.quarantined_count:,} unreadable rows set aside in quarantine")
        return f"{self.name}: {', '.join(parts)}."

    def as_json(self) -> dict[str, Any]:
        """The same for programs: USD as decimal strings, days as `2026-04-15`."""
        return {
            "name": self.name,
            "kind": self.kind,
            "landed_count": self.landed_count,
            "changed_count": self.changed_count,
            "known_count": self.known_count,
            "quarantined_count": self.quarantined_count,
            "warnings": list(self.warnings),
            "days": [
                {
                    "date": day.date.isoformat(),
                    "row_count": day.row_count,
                    "told_usd": None if day.told_usd is None else format_usd(day.told_usd),
                }
                for day in self.days
            ],
        }


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of all files of one command, in its order."""

    files: tuple[ImportedFile, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for stderr."""
        return tuple(warning for file in self.files for warning in file.warnings)

    def as_json(self) -> list[dict[str, Any]]:
        """The files of the command, in its order."""
        return [file.as_json() for file in self.files]


def report(
    reading: Reading[Any], *, landed: Sequence[Record], changed_count: int = 0
) -> ImportedFile:
    """Count what was read against what landed of it."""
    landed_count = len(landed)
    return ImportedFile(
        name=reading.export.name,
        kind=reading.export.layout.kind,
        landed_count=landed_count,
        changed_count=changed_count,
        known_count=len(reading.records) - landed_count - changed_count,
        quarantined_count=len(reading.quarantined),
        warnings=tuple(_warnings(reading)),
        days=tuple(_by_day(landed)),
    )


def _by_day(records: Sequence[Record]) -> Iterator[ImportedDay]:
    told = sorted(map(_told, records), key=lambda row: row[0])
    for day, rows in groupby(told, key=lambda row: row[0]):
        amounts = [usd for _, usd in rows]
        told_usd = [usd for usd in amounts if usd is not None]
        yield ImportedDay(day, len(amounts), sum(told_usd, Decimal(0)) if told_usd else None)


def _told(record: Record) -> tuple[date, Decimal | None]:
    match record:
        case UsageEvent():
            return record.started_at.date(), record.reported_cost_usd
        case ProviderActivity():
            return record.activity_date, record.usage_usd + (record.byok_usage_usd or 0)
    raise TypeError(f"{type(record).__name__} is in no activity export.")


def _warnings(reading: Reading[Any]) -> Iterator[str]:
    name, layout = reading.export.name, reading.export.layout
    if layout.unknown_columns:
        yield f"{name}: left out columns that are not known: {', '.join(layout.unknown_columns)}."
    if not reading.records and not reading.quarantined:
        yield f"{name} has a header and no rows."
    if reading.quarantined:
        first = reading.quarantined[0]
        rows = f"{len(reading.quarantined):,} of {name}'s rows cannot be read and are set aside"
        yield f"{rows}; the first is line {first.line_number}: {first.reason}."
    if unnamed := sum(_is_unnamed(call) for call in reading.records):
        yield (
            f"{name}: {unnamed:,} calls have no generation id; any that are here from elsewhere,"
            " recorded or from an export with other columns, count twice."
        )
    if _may_be_sums(reading):
        yield (
            f"{name}: each row is taken for one call, yet all are dated midnight; if each is "
            "the sum of a day, export them with the number of requests."
        )


def _is_unnamed(record: Record) -> bool:
    return isinstance(record, UsageEvent) and record.generation_id is None


def _may_be_sums(reading: Reading[Any]) -> bool:
    layout = reading.export.layout
    if layout.kind == "days" or "generation_id" in layout.positions or not reading.records:
        return False
    return all(call.started_at.time() == time.min for call in reading.records)
