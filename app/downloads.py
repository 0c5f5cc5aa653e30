"""Rows as files that other programs read."""

import csv
import io
from decimal import Decimal
from typing import Any

from app.formats import plain
from app.warehouse import Row


def to_csv(rows: list[Row]) -> str:
    """CSV with a header; money with every digit, instants in ISO 8601, null as nothing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case None:
            return ""
    return value.isoformat() if hasattr(value, "isoformat") else value
