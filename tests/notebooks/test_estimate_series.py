"""A series before it is made: the command's own estimate for one book, and drawn for many."""

import json
import re
from decimal import Decimal
from pathlib import Path

from tests.conftest import run_inkledger
from tests.notebooks.running import query, run, said

NUMBERS = re.compile(r": ([\d.,]+) USD, in eight of ten cases ([\d.,]+) to ([\d.,]+) USD\.")


def test_one_book_is_what_the_command_estimates(demo_home: Path) -> None:
    one, *_ = said("estimate_series", demo_home, "--pages", "40", "--books", "10")
    command = ("estimate", "--kind", "coloring_book", "--pages", "40", "--format", "json")
    estimate = json.loads(run_inkledger(demo_home, *command).stdout)
    wanted = (Decimal(estimate[f"{name}_cost_usd"]) for name in ("median", "low", "high"))
    assert _numbers(one) == [round(usd, 2) for usd in wanted]
    assert one.startswith("One coloring book of 40 pages: ")


def test_a_series_is_more_certain_than_each_of_its_books(demo_home: Path) -> None:
    one, series, *_ = said("estimate_series", demo_home, "--pages", "40", "--books", "10")
    assert series.startswith("A series of 10: ")
    (median, low, high), (_, one_low, one_high) = _numbers(series), _numbers(one)
    assert 10 * one_low < low < median < high < 10 * one_high


def test_a_series_of_one_book_is_not_drawn(demo_home: Path) -> None:
    lines = said("estimate_series", demo_home, "--books", "1")
    assert not any(line.startswith("A series") for line in lines)


def test_how_often_it_held_is_what_the_mart_says(awkward_home: Path) -> None:
    lines = said("estimate_series", awkward_home)
    ((held, tested),) = query(
        awkward_home,
        "select count_if(has_held), count(has_held) from fct_estimate_backtest"
        " where kind = 'coloring_book'",
    )
    assert lines[-1] == (
        f"The interval held for {held} of {tested} ebooks ({100 * held / tested:.0f}%; 80% is what"
        " it promises)."
    )


def test_too_few_books_are_a_sentence(awkward_home: Path) -> None:
    finished = run("estimate_series", awkward_home, "--model", "z/last")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == (
        "An estimate with an interval needs 9 finished ebooks of the kind coloring_book made with"
        " z/last, and there are 0.\n"
    )


def _numbers(line: str) -> list[Decimal]:
    found = NUMBERS.search(line)
    assert found is not None, line
    return [Decimal(number.replace(",", "")) for number in found.groups()]
