"""Exact money: from the wire's own digits to decimal strings, never through a float."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

USD_PLACES = Decimal("1e-12")
"""The ledger's resolution: DECIMAL(18,12). OpenRouter prints doubles, some of which never end."""


def loads(text: str | bytes) -> Any:
    """Parse JSON with every non-integer number as a `Decimal` of the digits that were sent.

    Raises `ValueError` for anything that is not JSON, broken UTF-8 included.
    """
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def round_usd(amount: Decimal) -> Decimal:
    """Round half to even at the ledger's twelve places."""
    return amount.quantize(USD_PLACES, rounding=ROUND_HALF_EVEN)


def format_usd(amount: Decimal) -> str:
    """A plain decimal string without an exponent or trailing zeros: `0`, `0.04`, `4.972841`."""
    if not amount:
        return "0"
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_float(amount: Any) -> Any:
    if isinstance(amount, float):
        raise ValueError("money must be a Decimal or a decimal string, never a float")
    return amount


Usd = Annotated[Decimal, BeforeValidator(_refuse_float), AfterValidator(round_usd)]
"""USD, rounded half to even at twelve places; a float is refused."""
