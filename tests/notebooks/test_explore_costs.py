"""The tour's answers are those of the marts."""

from pathlib import Path

from tests.notebooks.running import query, said, shortest


def test_its_answers_are_those_of_the_marts(demo_home: Path) -> None:
    whole, stage, rejected, wasteful, dearest_day, bill = said("explore_costs", demo_home)
    ((count, usd, wasted, rejected_usd),) = query(
        demo_home,
        "select attempt_count, cost_usd, wasted_cost_usd, rejected_cost_usd from fct_ledger_status",
    )
    assert (
        whole == f"{shortest(usd)} USD for {count} calls, of which {shortest(wasted)} USD wasted."
    )
    dearest, usd_per_page, page_count = _dearest_stage(demo_home)
    assert stage == (
        f"{dearest} costs most per accepted page: {usd_per_page} USD, over {page_count} pages."
    )
    assert rejected.startswith(f"Rejected results cost {shortest(rejected_usd)} USD, ")
    (title, share, wasted_usd), *_ = query(
        demo_home,
        "select title, wasted_share, wasted_cost_usd from fct_ebook_costs"
        " order by wasted_share desc nulls last, title",
    )
    assert wasteful == (
        f"{title} lost most: {share * 100:.1f}% of its cost, {shortest(wasted_usd)} USD."
    )
    (day, day_usd), *others = query(
        demo_home,
        "select cast(started_at as date), sum(cost_usd) from fct_attempts group by 1 order by 2"
        " desc, 1",
    )
    assert dearest_day.startswith(f"Most was spent on {day}: {shortest(day_usd)} USD, ")
    assert f" {1 + len(others)} day" in dearest_day
    assert bill == (
        f"On the 3 days that OpenRouter's records cover it billed {shortest(usd)} USD, and the "
        f"ledger has {shortest(usd)} USD: a difference of 0 USD."
    )


def test_it_says_by_how_much_the_bill_differs(awkward_home: Path) -> None:
    *_, bill = said("explore_costs", awkward_home)
    ((days, ledger, provider),) = query(
        awkward_home,
        "select count(distinct date_utc), sum(ledger_usd), sum(provider_usd)"
        " from fct_reconciliation_days",
    )
    assert bill == (
        f"On the {days} days that OpenRouter's records cover it billed {shortest(provider)} USD,"
        f" and the ledger has {shortest(ledger)} USD: a difference of"
        f" {shortest(provider - ledger)} USD."
    )


def _dearest_stage(home: Path) -> tuple[str, str, int]:
    stages = query(
        home,
        """
        select stage, sum(cost_usd),
            count(distinct (ebook_id, page_number)) filter (where outcome = 'accepted')
        from fct_attempts
        where page_number is not null
        group by stage
        """,
    )
    stage, cost_usd, page_count = max(stages, key=lambda row: row[1] / row[2])
    return stage, shortest(round(cost_usd / page_count, 12)), page_count
