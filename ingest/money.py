"""Exact money: from the wire's own digits to decimal strings, never through a float."""

import json
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import msgspec

USD_PLACES = Decimal("1e-12")
"""The ledger's resolution: DECIMAL(18,12). OpenRouter prints doubles, some of which never end."""


LARGEST_USD = 500_000
"""Amounts are below it: the two parts of a spend add up to less than DECIMAL(18,12) holds."""


def loads(text: str | bytes) -> Any:
    """Parse JSON with every non-integer number as a `Decimal` of the digits that were sent.

    Raises `ValueError` for anything that cannot be read: no JSON, broken UTF-8, a number without
    measure, a document nested without end.
    """
    try:
        return _decoder.decode(text)
    except (ValueError, ArithmeticError, RecursionError):
        return _loads_what_is_odd(text)


def round_usd(amount: Decimal) -> Decimal:
    """Round half to even at the ledger's twelve places.

    Raises `ValueError` for an amount too large to be held to that many.
    """
    try:
        return amount.quantize(USD_PLACES, rounding=ROUND_HALF_EVEN)
    except InvalidOperation as error:
        raise ValueError("the amount is too large for a ledger of twelve places") from error


def format_usd(amount: Decimal) -> str:
    """A plain decimal string without an exponent or trailing zeros: `0`, `0.04`, `4.972841`."""
    if not amount:
        return "0"
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _loads_what_is_odd(text: str | bytes) -> Any:
    # The standard library takes more than a standard says: half a pair of surrogates, a byte order
    # mark.
    try:
        return json.loads(text, parse_float=_to_decimal, parse_constant=_refuse_constant)
    except (InvalidOperation, RecursionError) as error:
        raise ValueError(f"the JSON cannot be read: {type(error).__name__}") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _to_decimal(digits: str) -> Decimal:
    number = Decimal(digits)
    # Whoever makes an integer of such a number writes out its noughts, for as long as it takes.
    if number.adjusted() > _LARGEST_EXPONENT:
        raise ValueError("the JSON has a number without measure")
    return number


_LARGEST_EXPONENT = 308
"""Of a double, the only number that JavaScript has."""
_decoder = msgspec.json.Decoder(float_hook=_to_decimal)
