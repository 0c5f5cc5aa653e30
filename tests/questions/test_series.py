"""A series drawn from finished books: its interval holds about as often as it says."""

from decimal import Decimal
from random import Random

import pytest

from ingest.warehouse.estimate import Estimate, Interval
from ingest.warehouse.series import MOST_BOOKS, estimate_series

HISTORY_COUNT = 12
SERIES_COUNT = 150


def _estimate(costs: list[Decimal]) -> Estimate:
    ranked = sorted(costs)
    middle = ranked[len(ranked) // 2]
    return Estimate(
        "coloring_book", 40, None, len(ranked), Interval(middle, ranked[0], ranked[-1]),
        stages=(), tested_count=0, held_count=0, book_costs_usd=tuple(ranked),
    )  # fmt: skip


def _cost(random: Random) -> Decimal:
    return Decimal(f"{random.lognormvariate(0, 0.4):.12f}")


@pytest.mark.parametrize("book_count", [3, 20])
def test_its_interval_holds_for_eight_of_ten_series_or_nearly(book_count: int) -> None:
    random = Random(7)
    held = 0
    for _ in range(SERIES_COUNT):
        interval = estimate_series(
            _estimate([_cost(random) for _ in range(HISTORY_COUNT)]), book_count
        )
        actual = sum((_cost(random) for _ in range(book_count)), Decimal())
        held += interval.low_cost_usd <= actual <= interval.high_cost_usd
    # Drawn with equal weights from the twelve it would hold for about half of those of twenty.
    assert 0.7 < held / SERIES_COUNT < 0.9


def test_the_same_books_give_the_same_figures() -> None:
    books = _estimate([Decimal(number) / 7 for number in range(5, 17)])
    assert estimate_series(books, 10) == estimate_series(books, 10)


def test_books_that_cost_the_same_leave_nothing_open() -> None:
    series = estimate_series(_estimate([Decimal("0.123456789012")] * 9), 10)
    assert series == Interval(*[Decimal("1.234567890120")] * 3)


def test_one_book_is_not_drawn() -> None:
    books = _estimate([Decimal(number) for number in range(1, 10)])
    assert estimate_series(books, 1) == books.total


@pytest.mark.parametrize("book_count", [0, MOST_BOOKS + 1])
def test_a_series_without_books_or_without_end_is_refused(book_count: int) -> None:
    with pytest.raises(ValueError, match="a series has 1 to 1000 books"):
        estimate_series(_estimate([Decimal(1)] * 9), book_count)
