"""What an ebook will cost, as `inkledger estimate` says it, and what may be spent."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from app.budgets import BudgetsUnreadable, read_budgets
from tests.app.conftest import ChangeDemo, OpenApp, answer, spoken, tiles
from tests.conftest import run_inkledger


@pytest.mark.parametrize("pages", [1, 14, 333])
def test_an_estimate_is_that_of_the_command(demo_home: Path, pages: int) -> None:
    told = run_inkledger(
        demo_home, "estimate", "--kind", "coloring_book", "--pages", str(pages), "--format", "json"
    )
    estimate = json.loads(told.stdout)
    whole, *stages = answer(demo_home, "estimate", kind="coloring_book", page_count=pages, model="")
    for name in ("median_cost_usd", "low_cost_usd", "high_cost_usd"):
        assert whole[name] == Decimal(estimate[name])
        assert {row["part"]: row[name] for row in stages} == {
            row["stage"]: Decimal(row[name]) for row in estimate["stages"]
        }


def test_the_page_shows_it(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "plan", pages="14")
    assert not app.exception
    assert set(tiles(app)) == {"Median", "At least", "At most", "Made of"}
    assert "No budget is set" in spoken(app)


def test_too_few_ebooks_are_said(open_app: OpenApp, change_demo: ChangeDemo) -> None:
    home = change_demo(
        "delete from fct_finished_stage_costs where ebook_id not in ('forest-animals')"
    )
    app = open_app(home, "plan")
    assert not app.exception
    assert "needs nine finished ebooks" in spoken(app)


def test_without_finished_ebooks_it_says_what_makes_one_finished(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    app = open_app(change_demo("delete from fct_finished_stage_costs"), "plan")
    assert not app.exception
    assert "No ebook of a known kind is finished yet" in spoken(app)


def test_a_budget_says_how_much_of_it_is_spent(open_app: OpenApp, change_demo: ChangeDemo) -> None:
    home = change_demo()
    (home / "budgets.toml").write_text(
        '[[budget]]\nname = "Foxes"\nlimit_usd = "1"\nebook_id = "forest-animals"\n'
        '[[budget]]\nlimit_usd = "1000"\nseries = "Little Naturalist"\nper = "year"\n'
    )
    for page in ("overview", "plan"):
        app = open_app(home, page)
        assert not app.exception
        first, second = (bar.proto.text for bar in app.get("progress"))
        assert first.startswith("Foxes: 68.4%, 0.6845 USD of 1.00 USD")
        assert second.startswith("Budget 2, this year: 0.2%")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[budget", "cannot be read"),
        ("\x00\xff", "cannot be read"),
        ("limit = 3", "nothing else"),
        ('[[budget]]\nlimit_usd = "-1"', "above zero"),
        ('[[budget]]\nlimit_usd = "nan"', "above zero"),
        ("[[budget]]\nname = 'x'", "above zero"),
        ('[[budget]]\nlimit_usd = "1"\nper = "decade"', "day, week, month or year"),
        ('[[budget]]\nlimit_usd = "1"\nmodell = "x"', "unknown `modell`"),
    ],
)
def test_a_wrong_budget_is_one_sentence_that_names_it(
    open_app: OpenApp, change_demo: ChangeDemo, text: str, said: str
) -> None:
    home = change_demo()
    (home / "budgets.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(BudgetsUnreadable, match=said):
        read_budgets(home / "budgets.toml")
    app = open_app(home)
    assert not app.exception
    assert said in spoken(app)
