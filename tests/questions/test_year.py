"""What the questions answer of a simulated year whose truth is known."""

from decimal import Decimal

from tests.questions.conftest import PLANTED_COUNT, Query
from tests.questions.year import Year


def test_few_hours_of_a_year_are_false_alarms_and_most_planted_ones_are_found(
    query: Query, year: Year
) -> None:
    alarms = {
        (kind, model, hour)
        for kind, model, hour in query(
            "select kind, canonical_model, started_hour from fct_cost_anomalies where is_anomaly"
        )
    }
    ((judged_count,),) = query("select count(is_anomaly) from fct_cost_anomalies")
    assert judged_count > 2000
    assert len(alarms - year.planted) <= 6
    assert len(alarms & year.planted) >= PLANTED_COUNT * 3 / 4


def test_an_interval_of_an_estimate_held_for_about_eight_tenths_of_the_books(query: Query) -> None:
    ((tested_count, share),) = query(
        "select count(has_held), avg(has_held::integer) from fct_estimate_backtest"
    )
    assert tested_count > 500
    assert 0.74 <= share <= 0.86


def test_a_median_is_not_above_or_below_most_books(query: Query) -> None:
    ((share,),) = query(
        "select avg((actual_cost_usd > median_cost_usd)::integer) from fct_estimate_backtest"
        " where has_held is not null"
    )
    assert 0.42 <= share <= 0.58


def test_a_forecast_made_late_in_the_month_is_nearer_and_most_intervals_held(query: Query) -> None:
    rows = query(
        """
        select
            avg(has_held::integer),
            avg(abs(expected_cost_usd - actual_cost_usd) / actual_cost_usd)
                filter (day(forecast_date) <= 7),
            avg(abs(expected_cost_usd - actual_cost_usd) / actual_cost_usd)
                filter (day(forecast_date) > 21)
        from fct_forecast
        where actual_cost_usd is not null
        """
    )
    ((held_share, early_error, late_error),) = rows
    assert 0.6 <= held_share <= 0.95
    assert late_error < early_error / 2 < 0.15


def test_a_forecast_holds_what_is_spent_and_the_month_that_is_over(query: Query) -> None:
    wrong = query(
        """
        with months as (
            select cast(date_trunc('month', started_date) as date) as month_start,
                sum(cost_usd) as cost_usd
            from int_daily_costs group by 1
        )
        select forecast.*
        from fct_forecast as forecast
        inner join months on forecast.month_start = months.month_start
        where not (
            spent_usd <= low_cost_usd and low_cost_usd <= expected_cost_usd
            and expected_cost_usd <= high_cost_usd
            and coalesce(actual_cost_usd = months.cost_usd, true)
        )
        """
    )
    assert wrong == []
    ((open_months,),) = query(
        "select count(distinct month_start) from fct_forecast where actual_cost_usd is null"
    )
    assert open_months == 1


def test_a_price_cut_shows_as_price_in_its_month(query: Query) -> None:
    # In July every call costs 15 % less; what was planted in that month costs more.
    (cut,) = query(
        "select price_usd, previous_cost_usd, priced_call_count, previous_call_count"
        " from fct_cost_variance where month_start = '2025-07-01'"
        " and canonical_model = 'google/gemini-2.5-flash'"
    )
    price, previous, count, previous_count = cut
    at_old_prices = previous * count / previous_count
    assert Decimal("-0.2") < price / at_old_prices < Decimal("-0.1")


def test_each_reason_for_waste_of_the_year_is_there_and_sums_to_it(query: Query) -> None:
    rows = query("select waste_reason, sum(cost_usd), sum(call_count) from fct_waste group by 1")
    assert {reason for reason, *_ in rows} == {"rejected", "retried"}
    ((wasted,),) = query("select sum(wasted_cost_usd) from fct_ebook_costs")
    assert sum(cost for _, cost, _ in rows) == wasted > 0
    assert all(count > 500 for *_, count in rows)
