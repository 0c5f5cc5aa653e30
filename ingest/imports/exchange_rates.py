"""Exchange rates from files: the European Central Bank's own, and plain date, currency, rate."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pydantic import ValidationError

from ingest.errors import UnreadableFile
from ingest.lake import Lake
from ingest.records import ExchangeRate, said_by

_PLAIN = ["date", "currency", "rate"]
_NOT_QUOTED = ("", "N/A", "-")


@dataclass(frozen=True)
class LandedRates:
    """What became of one file."""

    name: str
    rate_count: int
    first_date: date
    last_date: date
    is_new: bool
    """False when the same file had landed before."""


def import_exchange_rates(path: Path, lake: Lake, *, landed_at: datetime) -> LandedRates:
    """Land every rate of a file, or none of it.

    Knows the European Central Bank's `eurofxref-hist.csv` and `eurofxref.csv` (units of each
    currency for one EUR) and a CSV of `date,currency,rate` (units of the currency for one USD).
    Raises `UnreadableFile` with the line that cannot be read.
    """
    content = _read(path)
    rates = [*_rates(path.name, content)]
    if not rates:
        raise UnreadableFile(f"{path.name} has a header and no rates.")
    days = [rate.rate_date for rate in rates]
    digest = hashlib.sha256(content.encode()).hexdigest()
    landed = lake.land("exchange_rates", f"fx-{digest[:32]}", rates, landed_at)
    return LandedRates(path.name, len(rates), min(days), max(days), landed is not None)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile(
            f"{path.name} is not a CSV; unpack it first if it is an archive."
        ) from None


def _rates(name: str, content: str) -> Iterator[ExchangeRate]:
    rows = csv.reader(content.splitlines(), skipinitialspace=True)
    head = [cell.strip() for cell in next(rows, [])]
    is_plain = [cell.lower() for cell in head] == _PLAIN
    if not is_plain and (head[:1] != ["Date"] or "USD" not in head):
        raise UnreadableFile(
            f"{name} is no list of exchange rates: its first line must be date,currency,rate, or "
            "Date, USD and other currencies, as the European Central Bank's files begin."
        )
    for line_number, row in enumerate(rows, start=2):
        cells = [cell.strip() for cell in row]
        try:
            if any(cells):
                yield from _plain_rate(cells) if is_plain else _euro_rates(head, cells)
        except ValidationError as error:
            raise UnreadableFile(f"{name}, line {line_number}: {said_by(error)}.") from None
        except ValueError as error:
            raise UnreadableFile(f"{name}, line {line_number}: {error}.") from None


def _plain_rate(cells: list[str]) -> Iterator[ExchangeRate]:
    if len(cells) != len(_PLAIN):
        raise ValueError(f"there are {len(cells)} cells where three should be")
    day, currency, rate = cells
    yield _rate(_day(day), "USD", currency.upper(), rate)


def _euro_rates(head: list[str], cells: list[str]) -> Iterator[ExchangeRate]:
    if len(cells) != len(head):
        raise ValueError(f"there are {len(cells)} cells below a head of {len(head)}")
    day = _day(cells[0])
    for currency, rate in zip(head[1:], cells[1:], strict=True):
        if currency and rate not in _NOT_QUOTED:
            yield _rate(day, "EUR", currency, rate)


def _rate(day: date, base_currency: str, currency: str, rate: str) -> ExchangeRate:
    row = {"rate_date": day, "base_currency": base_currency, "currency": currency, "rate": rate}
    return ExchangeRate.model_validate(row)


def _day(text: str) -> date:
    # The history says 2026-11-24, the file of today 24 November 2026.
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, no instant
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a date like 2026-11-24")
