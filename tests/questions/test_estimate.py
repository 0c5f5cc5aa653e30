"""An estimate is what the back-test says it is, and too little history is said in a sentence."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ingest.errors import TooLittleHistory, UsageError
from ingest.settings import Home
from ingest.warehouse import estimate as module
from ingest.warehouse.estimate import Interval, estimate
from tests.questions.conftest import Query


def test_the_command_s_rule_is_that_of_the_backtest(query: Query) -> None:
    """For the newest books of each kind: estimated in Python from those before them."""
    for kind in ("coloring_book", "picture_book", "guide"):
        for book, pages, begun_at, median, low, high in query(
            "select ebook_id, page_count, begun_at, median_cost_usd, low_cost_usd, high_cost_usd"
            " from fct_estimate_backtest where kind = ? order by begun_at desc limit 12",
            kind,
        ):
            history = query(
                """
                with earlier as (
                    select distinct ebook_id, finished_at from fct_finished_stage_costs
                    where kind = ? and finished_at < ?
                    order by finished_at desc, ebook_id desc limit 30
                )
                select stages.ebook_id, stage, page_count, is_per_page, cost_usd
                from fct_finished_stage_costs as stages
                where ebook_id in (select ebook_id from earlier)
                """,
                kind,
                begun_at,
            )
            assert interval_of(history, pages) == Interval(median, low, high), book


def interval_of(history: list[tuple[Any, ...]], pages: int) -> Interval:
    totals: dict[str, Decimal] = {}
    names = ("ebook_id", "stage", "page_count", "is_per_page", "cost_usd")
    for values in history:
        row = dict(zip(names, values, strict=True))
        (cost,) = module._scaled([row], pages).values()
        totals[row["ebook_id"]] = totals.get(row["ebook_id"], Decimal()) + cost
    return module._interval(totals)


def test_stages_worked_on_page_by_page_grow_with_the_pages_and_others_do_not(
    year_home: Home,
) -> None:
    short, long = (estimate(year_home.warehouse, "coloring_book", pages) for pages in (20, 40))
    stages = {stage.stage: stage for stage in short.stages}
    assert {name for name, stage in stages.items() if stage.is_per_page} == {"prompts", "line_art"}
    for stage in long.stages:
        factor = 2 if stage.is_per_page else 1
        before = stages[stage.stage].interval
        tolerance = Decimal("1e-11")
        assert abs(stage.interval.median_cost_usd - factor * before.median_cost_usd) < tolerance
    assert short.total.median_cost_usd < long.total.median_cost_usd


def test_an_estimate_tells_how_often_such_intervals_held(year_home: Home, query: Query) -> None:
    told = estimate(year_home.warehouse, "guide", 40)
    tested, held = query(
        "select count(has_held), count_if(has_held) from fct_estimate_backtest where kind = 'guide'"
    )[0]
    assert (told.tested_count, told.held_count) == (tested, held)
    assert told.book_count == 30


def test_a_model_chooses_the_books_it_was_used_for(year_home: Home) -> None:
    told = estimate(year_home.warehouse, "guide", 40, "openai/gpt-5-mini")
    assert replace(told, model=None) == estimate(year_home.warehouse, "guide", 40)
    with pytest.raises(TooLittleHistory, match=r"kind guide made with google.*and there are 0\."):
        estimate(year_home.warehouse, "guide", 40, "google/gemini-2.5-flash")
    with pytest.raises(UsageError, match="No call was ever made with the model 'no/such'"):
        estimate(year_home.warehouse, "guide", 40, "no/such")


def test_an_unknown_kind_is_refused_with_those_there_are(year_home: Home) -> None:
    with pytest.raises(UsageError, match="the kinds are coloring_book, guide, picture_book"):
        estimate(year_home.warehouse, "novel", 40)


@pytest.mark.parametrize(
    ("count", "median", "low", "high"),
    [
        (9, "5", 1, 9),
        (10, "5.5", 1, 10),
        (18, "9.5", 1, 18),
        (19, "10", 2, 18),
        (30, "15.5", 3, 28),
    ],
)
def test_bounds_leave_out_as_many_as_a_tenth_of_one_more(
    count: int, median: str, low: int, high: int
) -> None:
    costs = {str(number): Decimal(number) for number in range(count, 0, -1)}
    assert module._interval(costs) == Interval(Decimal(median), Decimal(low), Decimal(high))
