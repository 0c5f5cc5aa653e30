"""Numbers as people read them. Money stays `Decimal` from the warehouse to these characters."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

UNKNOWN = "unknown"
"""What stands where nobody has said a number: never 0."""

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def usd(amount: Decimal | None) -> str:
    """Dollars with the digits that matter; the exact amount stands in the tooltip beside it."""
    if amount is None:
        return UNKNOWN
    return f"{'−' if amount < 0 else ''}${_sensible(abs(amount))}"


def usd_prose(amount: Decimal | None) -> str:
    """The same for Markdown, where two dollar signs would make a formula of what is between."""
    return UNKNOWN if amount is None else f"{_sensible(amount)} USD"


def usd_exact(amount: Decimal | None) -> str:
    """Every digit that the ledger has, without trailing zeros."""
    return UNKNOWN if amount is None else f"{plain(amount)} USD"


def plain(amount: Decimal) -> str:
    """The digits alone, without an exponent or trailing zeros: `0`, `0.04`, `4.972841`."""
    digits = f"{amount:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def share(part: Decimal | None) -> str:
    """A share of 0 to 1 as a percentage; null where there was nothing to share."""
    return "—" if part is None else f"{part * 100:.1f}%"


def count(number: int | None) -> str:
    """A whole number with its thousands apart."""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int, noun: str) -> str:
    """`1 call`, `504 calls`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def moment(instant: datetime) -> str:
    """`22 Nov 2026, 23:00 UTC`."""
    utc = instant.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"


def age(elapsed: timedelta) -> str:
    """`3 days`, `2 hours`, `less than a minute`."""
    seconds = elapsed.total_seconds()
    for unit_seconds, unit in _UNITS:
        if seconds >= unit_seconds:
            return counted(int(seconds // unit_seconds), unit)
    return "less than a minute"


def words(name: str) -> str:
    """`line_art` as `line art`: names of stages and kinds for people."""
    return name.replace("_", " ")


def _sensible(amount: Decimal) -> str:
    # Cents from a dollar on; below it four places, and two digits where four places show none.
    if amount == 0:
        return "0"
    if amount >= 1:
        return f"{amount:,.2f}"
    return f"{amount:.{max(4, 1 - amount.adjusted())}f}"
