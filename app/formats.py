"""Numbers as people read them. Money stays `Decimal` from the warehouse to these characters."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

UNKNOWN = "unknown"
"""What stands where nobody has said a number: never 0."""

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def money(amount: Decimal | None, currency: str = "USD") -> str:
    """An amount with the digits that matter; the exact one stands in the tooltip beside it."""
    if amount is None:
        return UNKNOWN
    sign, symbol = "−" if amount < 0 else "", SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{_sensible(abs(amount))}"


def money_prose(amount: Decimal | None, currency: str = "USD", *, signed: bool = False) -> str:
    """The same for Markdown, where two dollar signs would make a formula of what is between."""
    if amount is None:
        return UNKNOWN
    sign = "−" if amount < 0 else "+" if signed else ""
    return f"{sign}{_sensible(abs(amount))} {currency}"


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


def change(part: Decimal) -> str:
    """What came to or went from a whole, as a share of it: `+12.0%`, `−3.4%`."""
    return f"{'−' if part < 0 else '+'}{abs(part) * 100:,.1f}%"


def count(number: int | None) -> str:
    """A whole number with its thousands apart."""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int, noun: str) -> str:
    """`1 call`, `504 calls`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def day(of: date) -> str:
    """`22 Nov 2026`."""
    return f"{of.day} {of:%b %Y}"


def month(of: date) -> str:
    """`November 2026`."""
    return f"{of:%B %Y}"


def moment(instant: datetime, zone: str = "UTC") -> str:
    """`22 Nov 2026, 23:00 UTC`, or by the clocks of another zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M %Z}"


def local_moment(local: datetime) -> str:
    """The same of a time that is on somebody's calendar already, as `22 Nov 2026, 23:00`."""
    return f"{day(local)}, {local:%H:%M}"


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


def literal(text: str) -> str:
    """Text as Markdown that shows it as it is: what others wrote must not become markup."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>$~:&-])", r"\\\1", " ".join(text.split()))


def _sensible(amount: Decimal) -> str:
    # Cents from a dollar on; below it four places, and two digits where four places show none.
    if amount == 0:
        return "0"
    if amount >= 1:
        return f"{amount:,.2f}"
    return f"{amount:.{max(4, 1 - amount.adjusted())}f}"
