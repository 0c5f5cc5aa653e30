"""How a row becomes a line of the spool: the fields that are known, in JSON, without `None`.

Written out by type because it stands in the way of every call: the standard encoder takes longer
than the rest of recording together. Whatever it cannot say exactly, `seal` sets aside.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any

_ENCODERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring_ascii,
    int: str,
    bool: lambda value: "true" if value else "false",
    Decimal: lambda value: f'"{value}"',
    datetime: lambda value: f'"{value.isoformat()}"',
}


def json_fields(row: Mapping[str, Any]) -> str:
    """The fields of a JSON object without its braces; money as decimal strings."""
    return ",".join(
        [
            f'"{name}":{_ENCODERS[type(value)](value)}'
            for name, value in row.items()
            if value is not None
        ]
    )
