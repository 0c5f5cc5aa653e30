"""What an import did, file by file, in numbers and in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

from ingest.imports.columns import Kind
from ingest.imports.reading import Reading
from ingest.records import Record, UsageEvent


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


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of all files of one command, in its order."""

    files: tuple[ImportedFile, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for stderr."""
        return tuple(warning for file in self.files for warning in file.warnings)


def report(reading: Reading[Any], *, landed_count: int, changed_count: int = 0) -> ImportedFile:
    """Count what was read against what landed of it."""
    return ImportedFile(
        name=reading.export.name,
        kind=reading.export.layout.kind,
        landed_count=landed_count,
        changed_count=changed_count,
        known_count=len(reading.records) - landed_count - changed_count,
        quarantined_count=len(reading.quarantined),
        warnings=tuple(_warnings(reading)),
    )


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
