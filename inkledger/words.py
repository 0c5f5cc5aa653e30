"""Figures and names as people read them. Money stays `Decimal` up to these characters."""

import html
import re
from decimal import Decimal

from ingest.money import format_usd

UNKNOWN = "unknown"
"""What stands where nobody has said a number: never 0."""
_SYNTAX = re.compile(r"[!-/:-@\[-`{-~]")
"""ASCII punctuation: all that Markdown, HTML, formulas and emoji are written with."""


def usd(amount: Decimal | float | None) -> str:
    """The digits that matter: cents from a dollar on, below it four places, and two digits at
    least where four places show none."""
    if amount is None:
        return UNKNOWN
    if not amount:
        return "0 USD"
    if isinstance(amount, float):
        amount = Decimal(amount)  # A bound of a range, which is no money yet.
    places = 2 if abs(amount) >= 1 else max(4, 1 - amount.adjusted())
    return f"{amount:,.{places}f} USD".replace("-", "−")


def exact(amount: Decimal | None) -> str:
    """Every digit that the ledger has, without trailing zeros."""
    return UNKNOWN if amount is None else f"{format_usd(amount)} USD"


def percent(share: Decimal | float | None, places: int = 1) -> str:
    """A share of 0 to 1; null where there was nothing to share."""
    return "—" if share is None else f"{share * 100:.{places}f}%"


def count(number: int | None) -> str:
    """A whole number with its thousands apart."""
    return UNKNOWN if number is None else f"{number:,}"


def ranged(
    value: Decimal | float, low: Decimal | float, high: Decimal | float
) -> tuple[str, str, str]:
    """A figure and its bounds with the digits that they leave: two of the width of their range."""
    figures = [Decimal(figure) for figure in (value, low, high)]
    width = figures[2] - figures[1]
    places = max(0, 1 - width.adjusted()) if width else 4
    value_text, low_text, high_text = (f"{figure:,.{places}f}" for figure in figures)
    return value_text, low_text, high_text


def plain(name: object) -> str:
    """A name in Markdown, letter by letter: a title may be made of HTML, `*` and `$`."""
    words = " ".join(str(name).split())
    return _SYNTAX.sub(lambda found: f"&#{ord(found[0])};", words)


def spoken(markdown: str) -> str:
    """What `markdown` says on a terminal: without its marks, names as they are."""
    bare = re.sub(r"\*\*|^#+ ", "", markdown, flags=re.MULTILINE)
    return html.unescape(bare.replace("`", ""))
