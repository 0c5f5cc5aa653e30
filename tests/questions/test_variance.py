"""Price, volume and mix of any two months sum to the difference, and are what they claim to be."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.settings import Home

MODELS = ("a/b", "c/d", "e/f")
MONTHS = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1))
HALF_OF_THE_LAST_PLACE = Fraction(1, 2 * 10**12)

rows = st.lists(
    st.tuples(
        st.sampled_from(MONTHS),
        st.sampled_from(MODELS),
        st.integers(1, 5_000_000),
        st.decimals(0, 900_000, places=12, allow_nan=False),
    ),
    min_size=1,
    max_size=14,
)


@pytest.fixture(scope="module")
def compiled(year_home: Home) -> str:
    """The model as dbt compiled it, without the name of its database."""
    model = "marts/questions/fct_cost_variance.sql"
    path = year_home.build / "target" / "compiled" / "inkledger" / "models" / model
    return re.sub(r'"warehouse"\."main"\.', "", path.read_text())


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "create table int_daily_costs (started_date date, canonical_model text,"
            " call_count bigint, unpriced_count bigint, in_doubt_count bigint,"
            " cost_usd decimal(38, 12))"
        )
        yield connection


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=rows)
def test_the_three_sum_to_the_difference_to_the_last_digit(
    compiled: str,
    connection: duckdb.DuckDBPyConnection,
    history: list[tuple[date, str, int, Decimal]],
) -> None:
    connection.execute("delete from int_daily_costs")
    connection.executemany("insert into int_daily_costs values (?, ?, ?, 0, 0, ?)", history)
    counts: dict[tuple[date, str], int] = defaultdict(int)
    costs: dict[tuple[date, str], Fraction] = defaultdict(Fraction)
    for month, model, count, cost in history:
        counts[month, model] += count
        costs[month, model] += Fraction(cost)
    answer = connection.execute(
        "select month_start, canonical_model, difference_usd, price_usd, volume_usd, mix_usd"
        f" from ({compiled})"
    ).fetchall()
    told = {(month, model): tuple(map(Fraction, rest)) for month, model, *rest in answer}
    used = [month for month in MONTHS if any(counts[month, model] for model in MODELS)]
    for before, after in pairwise(MONTHS):
        if not used[0] < after <= used[-1]:
            assert not any(month == after for month, _ in told)
            continue
        old_total, new_total = (sum(counts[m, model] for model in MODELS) for m in (before, after))
        for model in MODELS:
            old, new = costs[before, model], costs[after, model]
            difference, price, volume, mix = told.get((after, model), (Fraction(),) * 4)
            assert price + volume + mix == difference == new - old
            if not old_total:
                assert volume == difference
                continue
            old_count, new_count = counts[before, model], counts[after, model]
            expected_price = new - old * new_count / old_count if old_count else 0
            expected_volume = old * (new_total - old_total) / old_total
            assert abs(price - expected_price) <= HALF_OF_THE_LAST_PLACE
            assert abs(volume - expected_volume) <= HALF_OF_THE_LAST_PLACE
