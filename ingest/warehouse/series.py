"""What a series of alike ebooks will probably cost together.

Quantiles do not add up: of ten books hardly all are dear. So whole series are drawn. One draw
weighs the finished ebooks at random (a Dirichlet distribution, the Bayesian bootstrap), because few
of them tell little of what such books cost, and that error is the same for every book of a series;
then it takes each book of the series from them by these weights. Drawing with equal weights instead
makes intervals that hold half as often as they say.
"""

from decimal import Decimal
from math import sqrt
from random import Random

from ingest.money import round_usd
from ingest.warehouse.estimate import Estimate, Interval

MOST_BOOKS = 1000
_DRAW_COUNT = 4000
_SEED = 7
_UNITS_PER_USD = 10**12
"""The ledger's resolution: draws are added up as whole numbers, exactly."""


def estimate_series(estimate: Estimate, book_count: int) -> Interval:
    """Median and bounds of what `book_count` books as in `estimate` cost together, in USD.

    Of one book they are those of `estimate`. Seeded: the same ledger gives the same figures.
    """
    if not 1 <= book_count <= MOST_BOOKS:
        raise ValueError(f"a series has 1 to {MOST_BOOKS} books, not {book_count}")
    if book_count == 1:
        return estimate.total
    draws = _draw(estimate, book_count)
    tenth = _DRAW_COUNT // 10
    middle = draws[_DRAW_COUNT // 2]
    low, high = draws[tenth], draws[_DRAW_COUNT - tenth - 1]
    return Interval(
        _to_usd(middle),
        _to_usd(max(0, middle - _widened(middle - low, estimate.book_count))),
        _to_usd(middle + _widened(high - middle, estimate.book_count)),
    )


def _draw(estimate: Estimate, book_count: int) -> list[int]:
    random = Random(_SEED)  # noqa: S311 - nothing to guard
    costs = [int(cost * _UNITS_PER_USD) for cost in estimate.book_costs_usd]
    return sorted(
        sum(random.choices(costs, [random.expovariate(1) for _ in costs], k=book_count))
        for _ in range(_DRAW_COUNT)
    )


def _widened(distance: int, history_count: int) -> int:
    # What is drawn from n books spreads by (n - 1) / (n + 1) of the variance that they came from.
    return round(distance * sqrt((history_count + 1) / (history_count - 1)))


def _to_usd(units: int) -> Decimal:
    return round_usd(Decimal(units) / _UNITS_PER_USD)
