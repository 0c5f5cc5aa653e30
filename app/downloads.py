"""Rows as files that other programs read."""

import csv
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from app.formats import plain
from app.warehouse import Row


def to_csv(rows: list[Row]) -> str:
    """CSV with a header; money with every digit, instants in ISO 8601, null as nothing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def to_parquet(rows: list[Row]) -> bytes:
    """Parquet; money as decimals, instants in UTC, null as null."""
    buffer = io.BytesIO()
    pq.write_table(to_table(rows), buffer)
    return buffer.getvalue()


def to_table(rows: list[Row]) -> pa.Table:
    """An Arrow table; columns of which Arrow knows no type hold text."""
    names = list(rows[0]) if rows else []
    return pa.table({name: _column([row[name] for row in rows]) for name in names})


def to_sql(value: Any) -> str:
    """A parameter as SQL writes it, so that a question can be asked elsewhere as it stands."""
    match value:
        case None:
            return "null"
        case bool() | int() | Decimal():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"'{name}': {to_sql(of)}" for name, of in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(to_sql, value)) + "]"
    quoted = str(value).replace("'", "''")
    return f"timestamptz '{quoted}'" if hasattr(value, "tzinfo") else f"'{quoted}'"


def _column(values: list[Any]) -> pa.Array:
    try:
        column = pa.array(values)
    except (pa.ArrowException, OverflowError):
        column = None
    # Neither Parquet nor the browser knows a duration.
    if column is None or pa.types.is_duration(column.type):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return column


def _cell(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case None:
            return ""
    return value.isoformat() if hasattr(value, "isoformat") else value
