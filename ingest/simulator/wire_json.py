"""JSON as OpenRouter's JavaScript server prints it: every amount is an IEEE double."""

import json
from decimal import Decimal


def dumps(value: object) -> str:
    """One line of JSON; each `Decimal` is written with JavaScript's digits for its double."""
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, dict):
        members = (f"{dumps(str(name))}:{dumps(member)}" for name, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(member) for member in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def number_text(amount: Decimal) -> str:
    """The shortest digits of the nearest double, in JavaScript's form: `0.00003`, `1.2e-7`."""
    digits = as_double(amount)
    if not digits:
        return "0"
    if abs(digits) >= Decimal("1e-6"):
        return format(digits.normalize(), "f")
    mantissa, exponent = format(digits.normalize(), "e").split("e")
    return f"{mantissa}e{int(exponent)}"


def as_double(amount: Decimal) -> Decimal:
    """The amount after a journey through a double, as the digits that JavaScript shows for it."""
    return Decimal(repr(float(amount)))


def add_as_doubles(*amounts: Decimal) -> Decimal:
    """The sum as a server that adds doubles gets it, binary noise included.

    The one place where money is a float: the noise on the wire is what a ledger must survive.
    """
    total = 0.0
    for amount in amounts:
        total += float(amount)
    return Decimal(repr(total))
