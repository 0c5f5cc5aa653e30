"""From the rows of a file to records, row by row: a bad one is set aside and stops nothing."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from pydantic import ValidationError

from ingest.identifiers import derived_id
from ingest.imports.cells import (
    UnreadableCell,
    read_count,
    read_flag,
    read_instant,
    read_text,
    read_usd,
)
from ingest.imports.delimited import Export, Row
from ingest.records import Quarantined, Record

RecordType = TypeVar("RecordType", bound=Record)
Cell = TypeVar("Cell")


class Cells:
    """The cells of one row, by what they say; a missing column says nothing."""

    def __init__(self, export: Export, row: Row, ordinal: int) -> None:
        self._layout = export.layout
        self._values = row.cells or ()
        self.ordinal = ordinal
        """How many rows before this one in its file are exactly the same."""

    def text(self, field: str) -> str | None:
        return self._read(field, read_text)

    def usd(self, field: str) -> Decimal | None:
        return self._read(field, read_usd)

    def count(self, field: str) -> int | None:
        return self._read(field, read_count)

    def flag(self, field: str) -> bool | None:
        return self._read(field, read_flag)

    def instant(self, field: str) -> datetime | None:
        return self._read(field, read_instant)

    def raw(self, field: str) -> str:
        """The cell as it stands, empty without such a column."""
        position = self._layout.positions.get(field)
        return "" if position is None else self._values[position]

    def named(self, fields: Collection[str] | None = None) -> dict[str, str]:
        """Column name → cell as it stands: of `fields` or of all, without those that are empty."""
        named = {self._layout.positions[field] for field in fields or () if self.raw(field)}
        pairs = enumerate(zip(self._layout.header, self._values, strict=False))
        return {
            name.strip().casefold(): cell.strip()
            for position, (name, cell) in pairs
            if cell.strip() and (fields is None or position in named)
        }

    def _read(self, field: str, reader: Callable[[str], Cell | None]) -> Cell | None:
        try:
            return reader(self.raw(field))
        except UnreadableCell as problem:
            column = self._layout.header[self._layout.positions[field]].strip()
            raise UnreadableCell(f"{column}: {problem}") from None


@dataclass(frozen=True)
class Reading(Generic[RecordType]):
    """What one file held; `len(records) + len(quarantined)` is the number of its rows."""

    export: Export
    records: tuple[RecordType, ...]
    quarantined: tuple[Quarantined, ...]


def read_rows(
    export: Export, table_name: str, to_record: Callable[[Cells], RecordType]
) -> Reading[RecordType]:
    """Every row of `export` as a record of `table_name`, or quarantined with its reason."""
    records: list[RecordType] = []
    quarantined: list[Quarantined] = []
    for row, ordinal in _counted(export.rows()):
        try:
            records.append(_record(export, row, ordinal, to_record))
        except UnreadableCell as problem:
            quarantined.append(_set_aside(export, row, ordinal, table_name, str(problem)))
    return Reading(export, tuple(records), tuple(quarantined))


def needed(value: Cell | None, what: str) -> Cell:
    """The value of a cell that no row can do without."""
    if value is None:
        raise UnreadableCell(f"{what} is needed, and the cell is empty")
    return value


def _counted(rows: Iterator[Row]) -> Iterator[tuple[Row, int]]:
    seen: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        same = tuple(cell.strip() for cell in row.cells or (row.text,))
        yield row, seen[same]
        seen[same] += 1


def _record(
    export: Export, row: Row, ordinal: int, to_record: Callable[[Cells], RecordType]
) -> RecordType:
    if row.problem is not None:
        raise UnreadableCell(row.problem)
    try:
        return to_record(Cells(export, row, ordinal))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UnreadableCell(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _set_aside(export: Export, row: Row, ordinal: int, table_name: str, reason: str) -> Quarantined:
    return Quarantined(
        # By what the row says, not by its file: the same bad row of two exports is one.
        quarantine_id=derived_id("activity_export", table_name, row.text, str(ordinal)),
        table_name=table_name,
        origin=export.name,
        line_number=row.line_number,
        reason=reason,
        payload=row.text,
    )
