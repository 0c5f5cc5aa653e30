"""Models beside each other: rates, costs, how sure they are, and what is not compared."""

import re
from pathlib import Path

from tests.notebooks.running import query, said


def test_rejections_and_costs_are_those_of_the_attempts(awkward_home: Path) -> None:
    lines = said("choose_model", awkward_home)
    counted = query(
        awkward_home,
        "select canonical_model, count(*), count(*) filter (where outcome = 'rejected')"
        " from fct_attempts where stage = 'line_art' group by all",
    )
    for model, judged, rejected in counted:
        (line,) = (line for line in lines if re.match(rf"{model}: [\d.]+% of", line))
        share = re.search(r"([\d.]+)% of (\d+) results", line)
        assert share is not None
        assert int(share[2]) == judged
        assert abs(float(share[1]) - 100 * rejected / judged) < 0.5
    # Of the formula of Wilson (1927), for 16 of 64 and for 0 of 48.
    assert "a/cheap-draw: 25% of 64 results rejected (16% to 37%)." in lines
    assert "b/dear-draw: 0.0% of 48 results rejected (0.0% to 7.4%)." in lines


def test_a_cheap_model_is_cheaper_with_its_rejections(awkward_home: Path) -> None:
    lines = said("choose_model", awkward_home)
    assert "a/cheap-draw costs least per accepted page; its range lies below all others." in lines
    for model, usd in query(
        awkward_home,
        "select canonical_model, cost_per_accepted_page_usd from fct_model_stage_costs"
        " where stage = 'line_art'",
    ):
        (line,) = (line for line in lines if re.match(rf"{model}: [\d.]+ USD", line))
        found = re.search(r"([\d.]+) USD \(([\d.]+) to ([\d.]+)\), 48 pages of 12 books", line)
        assert found is not None
        value, low, high = map(float, found.groups())
        assert abs(value - float(usd)) < 0.0006
        assert low < value < high


def test_the_same_ledger_gives_the_same_ranges(awkward_home: Path) -> None:
    assert said("choose_model", awkward_home) == said("choose_model", awkward_home)


def test_a_stage_with_one_model_has_nothing_to_compare_with(demo_home: Path) -> None:
    lines = said("choose_model", demo_home)
    ((model, usd, cost_usd),) = query(
        demo_home,
        "select canonical_model, cost_per_accepted_page_usd, cost_usd from fct_model_stage_costs"
        " where stage = 'line_art'",
    )
    assert f"Only {model} has enough books of line_art: there is nothing to compare it with." in (
        lines
    )
    (line,) = (line for line in lines if line.startswith(f"{model}: ") and " USD (" in line)
    assert line.startswith(f"{model}: {usd:.4f} USD (")
    assert lines[-1].startswith(f"At {model}'s prices of now the same work would cost ")
    assert lines[-1].endswith(f" USD, and it did cost {cost_usd:.2f} USD.")


def test_what_was_called_too_seldom_is_said(awkward_home: Path) -> None:
    lines = said("choose_model", awkward_home, "--stage", "outline")
    assert "No model has enough judged results of outline to tell." in lines
    assert "- c/text: 24 calls, fewer than 30." in lines


def test_the_same_work_at_the_prices_of_another_model(awkward_home: Path) -> None:
    *_, line = said("choose_model", awkward_home)
    ((model, usd, cost_usd), *_) = query(
        awkward_home,
        "select other_model, sum(cost_now_usd), sum(cost_usd) from fct_model_what_if"
        " where stage = 'line_art' group by 1 order by 2",
    )
    assert line == (
        f"At {model}'s prices of now the same work would cost {usd:.4f} USD, and it did cost"
        f" {cost_usd:.2f} USD."
    )
