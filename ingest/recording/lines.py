"""How a row becomes a line of the spool: the fields that are known, in JSON, without `None`."""

from collections.abc import Mapping
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def json_fields(row: Mapping[str, Any]) -> bytes:
    """The fields of a JSON object without its braces; money as decimal strings, times in UTC."""
    return _encoder.encode({name: value for name, value in row.items() if value is not None})[1:-1]
