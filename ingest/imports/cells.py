"""What one cell of an export says; a cell that cannot be read says why.

Every reader takes the text as it stands and gives `None` for a cell that says nothing.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_BLANK = frozenset({"", "null", "none", "n/a", "nan", "undefined"})
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\$?(?P<digits>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|(?=\.))"
    r"(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]{1,3})?"
)
_FLAGS = {"true": True, "t": True, "yes": True, "1": True}
_FLAGS |= {"false": False, "f": False, "no": False, "0": False}
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_MOST_USD = 1_000_000
_MOST_COUNT = 10**15


class UnreadableCell(ValueError):
    """The cell is not what its column holds; the message is the reason for the quarantine."""


def read_text(cell: str) -> str | None:
    """The text without the blanks around it."""
    text = cell.strip()
    return None if text.casefold() in _BLANK else text


def read_usd(cell: str) -> Decimal | None:
    """An amount in USD, exactly as written: `0.000364`, `1.2e-7`, `$1.23`, `1,234.56`."""
    if (text := read_text(cell)) is None:
        return None
    if re.fullmatch(r"[+-]?\$?[0-9]+,[0-9]{3}", text):
        raise UnreadableCell(f"{_quoted(text)} can be read in two ways: write a decimal point")
    amount = _read_number(text, "an amount in USD")
    if amount < 0:
        raise UnreadableCell(f"{_quoted(text)} is negative")
    if amount >= _MOST_USD:
        raise UnreadableCell(f"{_quoted(text)} is not below {_MOST_USD:,} USD")
    return abs(amount)


def read_count(cell: str) -> int | None:
    """A whole number: `1621`, `1,621`, `1621.0`."""
    if (text := read_text(cell)) is None:
        return None
    number = _read_number(text, "a whole number")
    if not 0 <= number <= _MOST_COUNT or number != int(number):
        raise UnreadableCell(f"{_quoted(text)} is not a whole number that can be counted")
    return int(number)


def read_flag(cell: str) -> bool | None:
    """`true`, `false` and their usual spellings."""
    if (text := read_text(cell)) is None:
        return None
    if (flag := _FLAGS.get(text.casefold())) is None:
        raise UnreadableCell(f"{_quoted(text)} is neither true nor false")
    return flag


def read_instant(cell: str) -> datetime | None:
    """An ISO 8601 instant or day, in UTC; one without an offset is UTC, as OpenRouter writes."""
    if (text := read_text(cell)) is None:
        return None
    try:
        instant = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        raise UnreadableCell(
            f"{_quoted(text)} is not a time such as 2026-04-15 20:11:45.760 or 2026-04-15"
        ) from None
    # Before any arithmetic: at the ends of the calendar an offset overflows.
    if not _FIRST_YEAR <= instant.year < _LAST_YEAR:
        raise UnreadableCell(f"{_quoted(text)} is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def read_milliseconds(cell: str) -> timedelta | None:
    """A duration. One that cannot be read is unknown: it is no reason to set a paid call aside."""
    try:
        milliseconds = read_count(cell)
    except UnreadableCell:
        return None
    if milliseconds is None or milliseconds > timedelta(days=1) // timedelta(milliseconds=1):
        return None
    return timedelta(milliseconds=milliseconds)


def _read_number(text: str, what: str) -> Decimal:
    if (match := _NUMBER.fullmatch(text)) is None:
        raise UnreadableCell(f"{_quoted(text)} is not {what}")
    sign, digits, fraction, exponent = match.groups(default="")
    return Decimal(f"{sign}{digits.replace(',', '')}{fraction}{exponent}")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
