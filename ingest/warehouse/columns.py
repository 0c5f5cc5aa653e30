"""The tables for people: heads with units, numbers to the right, a row of sums."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich import box
from rich.table import Table

from ingest.identifiers import RESERVED_EBOOKS
from ingest.warehouse.report import Row

NOT_KNOWN = "–"
CLASS_WORDS = {
    "untracked_call": "untracked calls",
    "other_key": "another key",
    "byok": "own-key usage",
    "rounding": "rounding",
}
"""Where the words are not those of its name."""
CLASS_ADVICE = {
    "untracked_call": "record or import them",
    "other_key": "record that key's calls",
    "not_settled_yet": "inkledger pull settlements",
    "day_not_complete": "import or pull the day again",
    "byok": "see the provider's own bill",
    "rounding": "nothing",
    "unexplained": "compare the day's calls",
}
TIGHT: dict[str, Any] = {"show_edge": False, "pad_edge": False, "padding": (0, 1, 0, 0)}
"""Room for names: eighty columns are few."""


@dataclass(frozen=True)
class Column:
    """One figure: its head with the unit, its key in the row, and how it is written."""

    head: str
    key: str
    write: Callable[[Any], str]
    is_summed: bool = False
    is_text: bool = False
    is_whole: bool = False
    """Never cut, as an id to look for."""


def to_table(columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    """A line per row, and below them the sums of what can be summed."""
    table = Table(box=box.SIMPLE_HEAD, show_footer=_has_sums(columns, rows), **TIGHT)
    for position, column in enumerate(columns):
        table.add_column(
            column.head,
            footer=_sum(column, rows) if position else "Sum",
            justify="left" if column.is_text else "right",
            # Where room is short, text gives way and numbers stay whole.
            no_wrap=column.is_whole or not column.is_text,
            overflow="ellipsis",
        )
    for row in rows:
        table.add_row(*(_write(column, row) for column in columns))
    return table


def to_list(columns: Sequence[Column], row: Row) -> Table:
    """One row turned upright: a line per figure."""
    table = Table(box=box.SIMPLE_HEAD, show_header=False, **TIGHT)
    table.add_column()
    table.add_column(justify="right")
    for column in columns:
        table.add_row(column.head, _write(column, row))
    return table


def _has_sums(columns: Sequence[Column], rows: Sequence[Row]) -> bool:
    return len(rows) > 1 and any(column.is_summed for column in columns)


def _write(column: Column, row: Row) -> str:
    value = row[column.key]
    return NOT_KNOWN if value is None else column.write(value)


def _sum(column: Column, rows: Sequence[Row]) -> str:
    if not column.is_summed:
        return ""
    known = [row[column.key] for row in rows if row[column.key] is not None]
    return column.write(sum(map(Decimal, known), Decimal())) if known else NOT_KNOWN


def _write_usd(amount: str | Decimal) -> str:
    # Six places line up and suffice to read; JSON and CSV give every digit.
    return f"{Decimal(amount):,.6f}"


def _write_exact_usd(amount: str) -> str:
    return f"{Decimal(amount):,f}"


def _write_count(count: int | Decimal) -> str:
    return f"{count:,}"


def _write_per_cent(share: str) -> str:
    return f"{Decimal(share) * 100:.1f}"


def _write_minute(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M}"


def _write_ebook(ebook_id: str) -> str:
    return f"({ebook_id})" if ebook_id in RESERVED_EBOOKS else ebook_id


def _write_age(age_band: str) -> str:
    return age_band.replace("_", " ")


def _write_whether(is_so: bool) -> str:
    return "yes" if is_so else "no"


def write_class(difference_class: str) -> str:
    """A class of differences in words."""
    return CLASS_WORDS.get(difference_class, difference_class.replace("_", " "))


def _write_classes(classes: list[str]) -> str:
    return ", ".join(map(write_class, classes))


def _write_advice(difference_class: str) -> str:
    return CLASS_ADVICE.get(difference_class, "")


def _write_source(cost_source: str) -> str:
    return cost_source.replace("_", " ")


def _text(head: str, key: str, write: Callable[[Any], str] = str) -> Column:
    return Column(head, key, write, is_text=True)


def _usd(head: str, key: str) -> Column:
    return Column(head, key, _write_usd, is_summed=True)


def _count(head: str, key: str, *, is_summed: bool = True) -> Column:
    return Column(head, key, _write_count, is_summed=is_summed)


_USD_PER_PAGE = Column("USD/page", "cost_per_page_usd", _write_usd)
_WASTE = Column("Waste %", "wasted_share", _write_per_cent)

EBOOK_COLUMNS = (
    _text("Ebook", "ebook_id", _write_ebook),
    _count("Pages", "page_count"),
    _count("Calls", "call_count"),
    _usd("Cost USD", "cost_usd"),
    _USD_PER_PAGE,
    _usd("Rejected USD", "rejected_cost_usd"),
    _WASTE,
)
SHARING_EBOOK_COLUMNS = tuple(
    _usd("Shared USD", "shared_cost_usd") if column.key == "rejected_cost_usd" else column
    for column in EBOOK_COLUMNS
)
"""Where calls are shared: what was rejected is in the waste as well, and eighty columns are few."""
STAGE_COLUMNS = (
    _text("Ebook", "ebook_id", _write_ebook),
    _text("Stage", "stage"),
    _count("Calls", "call_count"),
    _usd("Cost USD", "cost_usd"),
    _USD_PER_PAGE,
    _WASTE,
)
DAY_COLUMNS = (
    Column("Day (UTC)", "date", str),
    _usd("Ledger USD", "ledger_usd"),
    _usd("Provider USD", "provider_usd"),
    _usd("Difference USD", "difference_usd"),
    _count("Requests", "missing_requests"),
    _text("Why", "classes", _write_classes),
)
CLASS_COLUMNS = (
    _text("Difference", "class", write_class),
    _count("Days", "day_count", is_summed=False),
    _usd("USD", "amount_usd"),
    _count("Requests", "requests"),
    _text("What to do", "class", _write_advice),
)
BALANCE_COLUMNS = (
    _text("Until (UTC)", "until_at", _write_minute),
    _usd("Ledger USD", "ledger_usd"),
    _usd("Provider USD", "provider_usd"),
    _usd("Difference USD", "difference_usd"),
    _text("Why", "difference_class", write_class),
)
STEP_COLUMNS = (
    Column("Step", "name", str, is_text=True, is_whole=True),
    Column("State", "status", str, is_text=True, is_whole=True),
    Column("Seconds", "seconds", lambda seconds: f"{seconds:.1f}"),
    _text("What", "what"),
)
CHANGE_COLUMNS = (
    _text("Attempts", "change"),
    _count("Number", "attempt_count"),
    _usd("Before USD", "before_usd"),
    _usd("After USD", "after_usd"),
    _usd("Difference USD", "difference_usd"),
)
REPRICED_COLUMNS = (
    Column("Attempt", "event_id", str, is_text=True, is_whole=True),
    _text("Before", "before_source", _write_source),
    _text("After", "after_source", _write_source),
    Column("Before USD", "before_usd", _write_usd),
    Column("After USD", "after_usd", _write_usd),
)
AGE_COLUMNS = (
    _text("Unknown cost, by age", "age_band", _write_age),
    _count("Ended", "unpriced_count"),
    _count("In doubt", "in_doubt_count"),
    _count("Of both, without id", "without_generation_count"),
    _text("Oldest, UTC", "oldest_call_at", _write_minute),
)
ESTIMATE_COLUMNS = (
    _text("Stage", "stage"),
    _text("Grows with pages", "is_per_page", _write_whether),
    Column("Median USD", "median_cost_usd", _write_usd),
    Column("80 % from USD", "low_cost_usd", _write_usd),
    Column("to USD", "high_cost_usd", _write_usd),
)
WHAT_IF_COLUMNS = (
    *ESTIMATE_COLUMNS[:2],
    _text("At its prices", "is_repriced", _write_whether),
    *ESTIMATE_COLUMNS[2:],
)
STATUS_COLUMNS = (
    Column("Cost, USD", "cost_usd", _write_exact_usd),
    Column("  of it for no known ebook, USD", "unattributed_cost_usd", _write_exact_usd),
    Column("  of it wasted, USD", "wasted_cost_usd", _write_exact_usd),
    Column("Fee for these credits, USD", "fee_share_usd", _write_exact_usd),
    Column("Billed besides, untracked, USD", "untracked_usd", _write_exact_usd),
    Column("Cost per page, USD", "cost_per_page_usd", _write_usd),
    _count("Attempts", "attempt_count"),
    _count("  of unknown cost", "unpriced_count"),
    _count("  in doubt", "in_doubt_count"),
    _count("  estimated at the listed price", "estimated_count"),
    _count("  settled by OpenRouter", "settled_count"),
    _count("Ebooks", "ebook_count"),
    _count("Pages", "page_count"),
    _count("Lines in quarantine", "quarantined_count"),
    _text("First call, UTC", "first_call_at", _write_minute),
    _text("Last call, UTC", "last_call_at", _write_minute),
    _text("Newest landing, UTC", "landed_at", _write_minute),
    _text("Built, UTC", "built_at", _write_minute),
)
