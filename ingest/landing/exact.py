"""One line at a time, by the record itself: what is refused here goes to quarantine."""

from typing import Any

from pydantic import ValidationError

from ingest.identifiers import derived_id
from ingest.money import loads
from ingest.records import TABLES, Quarantined, Record, said_by


def read_line(segment_name: str, line_number: int, line: bytes) -> tuple[str, Record]:
    """The table and the record of a line, or its row in quarantine with the reason."""
    table_name = "unknown"
    try:
        table_name, row = _parse(line)
        return table_name, TABLES[table_name].model_validate(row)
    except ValueError as error:
        return "quarantine", Quarantined(
            quarantine_id=derived_id("segment", segment_name, str(line_number)),
            table_name=table_name,
            origin=segment_name,
            line_number=line_number,
            reason=said_by(error) if isinstance(error, ValidationError) else str(error),
            payload=line.decode(errors="backslashreplace"),
        )


def _parse(line: bytes) -> tuple[str, Any]:
    document = loads(line)
    if not isinstance(document, dict) or len(document) != 1:
        raise ValueError("not an object with one table name")
    (table_name,) = document
    if table_name not in TABLES:
        raise ValueError(f"no table is called {table_name!r}")
    return table_name, document[table_name]
