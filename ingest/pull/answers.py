"""What OpenRouter's records are made of, and how a row of them becomes ours or is set aside."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from ingest.identifiers import derived_id
from ingest.records import Quarantined, Record

RecordType = TypeVar("RecordType", bound=Record)

WireUsd = Annotated[Decimal, Field(ge=0, lt=1_000_000)]
"""USD with the digits that OpenRouter sent."""


class WireRow(BaseModel):
    """One row of an answer, as far as it is used; OpenRouter adds keys without notice."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True)
class Answers(Generic[RecordType]):
    """The rows of one table that were read, and those that could not be."""

    table_name: str
    origin: str
    records: list[RecordType] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)

    def read(self, rows: Iterable[Any], reader: Callable[[Any], RecordType]) -> None:
        """Add each row as a record, or with the reason why it is none to what is set aside."""
        for number, row in enumerate(rows, start=1):
            try:
                self.records.append(reader(row))
            except ValidationError as error:
                self.quarantined.append(self._set_aside(row, number, error))

    def _set_aside(self, row: Any, number: int, error: ValidationError) -> Quarantined:
        first = error.errors(include_url=False, include_input=False)[0]
        payload = exact_json(row)
        return Quarantined(
            quarantine_id=derived_id(self.table_name, self.origin, payload),
            table_name=self.table_name,
            origin=self.origin,
            line_number=number,
            reason=f"{'.'.join(map(str, first['loc']))}: {first['msg']}",
            payload=payload,
        )


def exact_json(value: Any) -> str:
    """JSON in which every number that is no integer is text, to keep its own digits."""
    return to_json(value).decode()
