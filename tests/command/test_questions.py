"""`inkledger estimate`, `pull fx` and the gates of `build`, as a user runs them."""

import csv
import io
import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import run_inkledger
from tests.questions.cheaper import land_cheap_books

COLORING_BOOK = ("estimate", "--kind", "coloring_book", "--pages", "40")
ESTIMATE_KEYS = {
    "is_what_if",
    "kind",
    "page_count",
    "model",
    "book_count",
    "median_cost_usd",
    "low_cost_usd",
    "high_cost_usd",
    "stages",
    "tested_count",
    "held_count",
}


def test_an_estimate_is_a_table_a_list_or_json_of_the_same_figures(demo_home: Path) -> None:
    said = json.loads(run_inkledger(demo_home, *COLORING_BOOK, "--format", "json").stdout)
    assert said.keys() == ESTIMATE_KEYS
    assert (said["page_count"], said["book_count"]) == (40, 12)
    low, median, high = (
        Decimal(said[f"{name}_cost_usd"]) for name in ("low", "median", "high")
    )  # fmt: skip
    assert 0 < low < median < high
    rows = list(
        csv.DictReader(
            io.StringIO(run_inkledger(demo_home, *COLORING_BOOK, "--format", "csv").stdout)
        )
    )
    assert [row["stage"] for row in rows[:-1]] == [stage["stage"] for stage in said["stages"]]
    assert rows[-1]["stage"] == "whole ebook"
    assert rows[-1]["median_cost_usd"] == said["median_cost_usd"]
    table = run_inkledger(demo_home, *COLORING_BOOK).stdout
    assert f"{median:.6f}" in table
    assert "From the 12 newest finished ebooks of this kind, rejections included." in table
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["--kind", "novel", "--pages", "40"], 2, "the kinds are coloring_book"),
        (["--kind", "coloring_book", "--pages", "0"], 2, "1<=x<=10000"),
        (["--kind", "coloring_book"], 2, "--pages"),
        (["--kind", "coloring_book", "--pages", "4", "--model", "a/b"], 2, "model 'a/b'"),
    ],
)
def test_an_estimate_that_cannot_be_is_one_sentence(
    demo_home: Path, arguments: list[str], exit_code: int, words: str
) -> None:
    finished = run_inkledger(demo_home, "estimate", *arguments)
    assert (finished.returncode, finished.stdout) == (exit_code, "")
    assert words in finished.stderr
    assert finished.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's home with a cheap book of long ago, one of another kind, and rates."""
    home = tmp_path_factory.mktemp("questions") / "home"
    shutil.copytree(demo_home, home, symlinks=True)
    land_cheap_books(home)
    ((day,),) = ask(home, "select max(started_date) from int_daily_costs")
    (home / "rates.csv").write_text(f"date,currency,rate\n{day},EUR,0.5\n")
    landed = run_inkledger(home, "pull", "fx", str(home / "rates.csv"))
    assert landed.stdout.splitlines()[0] == f"rates.csv: 1 rates from {day} to {day}."
    built = run_inkledger(home, "build")
    assert built.returncode == 0, built.stderr
    return home


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_too_little_history_is_said_in_a_sentence(home: Path) -> None:
    finished = run_inkledger(home, "estimate", "--kind", "novel", "--pages", "40")
    assert finished.returncode == 1
    assert finished.stderr == (
        "inkledger: An estimate with an interval needs 9 finished ebooks of the kind novel,"
        " and there is 1.\n"
    )


def test_a_build_whose_pages_cost_too_much_publishes_nothing_and_names_the_books(
    home: Path,
) -> None:
    costs = dict(ask(home, "select ebook_id, cost_per_accepted_page_usd from fct_page_cost_rises"))
    limit = sorted(costs.values())[-3]
    dear = [name for name, cost in sorted(costs.items(), key=lambda item: -item[1]) if cost > limit]
    assert len(dear) == 2
    refused = refuse(home, "--max-cost-per-accepted-page", limit)
    assert f"allows (2 found): {dear[0]}, {dear[1]}. Nothing was published" in refused


@pytest.mark.long
def test_a_build_whose_pages_cost_more_than_a_month_before_names_the_books(home: Path) -> None:
    rises = ask(
        home, "select ebook_id, rise_percent from fct_page_cost_rises where is_newest_month"
    )
    assert len(rises) == 12
    (dearest, _), (_, next_most), *_ = sorted(rises, key=lambda rise: -rise[1])
    refused = refuse(home, "--max-rise", next_most)
    assert f"(1 found): {dearest}. Nothing was published" in refused


def refuse(home: Path, option: str, limit: Decimal) -> str:
    """What a build says on stderr that the limit holds back."""
    published = (home / "warehouse.duckdb").resolve()
    before = (published, published.stat().st_mtime_ns)
    refused = run_inkledger(home, "build", option, f"{limit:f}")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    published = (home / "warehouse.duckdb").resolve()
    assert (published, published.stat().st_mtime_ns) == before
    return refused.stderr


def test_a_build_within_its_limits_is_published(home: Path) -> None:
    ((cost, rise),) = ask(
        home, "select max(cost_per_accepted_page_usd), max(rise_percent) from fct_page_cost_rises"
    )
    limits = ("--max-cost-per-accepted-page", f"{cost:f}", "--max-rise", f"{rise:f}")
    allowed = run_inkledger(home, "build", *limits)
    assert allowed.returncode == 0, allowed.stderr
    assert "published" in allowed.stderr


@pytest.mark.parametrize("limit", ["dear", "-1", "nan", "1e9"])
def test_a_limit_that_is_none_is_wrong_use(tmp_path: Path, limit: str) -> None:
    finished = run_inkledger(tmp_path, "build", f"--max-rise={limit}")
    assert finished.returncode == 2
    assert "'--max-rise'" in finished.stderr
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_rates_from_a_file_turn_costs_into_another_currency(home: Path) -> None:
    again = run_inkledger(home, "pull", "fx", str(home / "rates.csv"))
    assert "landed before" in again.stdout
    rows = ask(
        home,
        "select ebook_id, cost_usd, unconverted_cost_usd, cost_amount"
        " from fct_ebook_costs_by_currency where currency = 'EUR'",
    )
    amounts = {ebook_id: amount for ebook_id, *_, amount in rows}
    assert len(amounts) == 15
    # The rate of a day in this year's November says nothing of January.
    assert amounts["cheap"] is None
    for _, cost, _, amount in rows:
        if amount is not None:
            assert abs(2 * amount - cost) <= Decimal("2e-12")


def test_a_list_of_rates_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "no.csv").write_text("a,b\n")
    finished = run_inkledger(tmp_path, "pull", "fx", str(tmp_path / "no.csv"))
    assert finished.returncode == 1
    assert re.fullmatch(r"inkledger: no\.csv is no list of exchange rates.*\n", finished.stderr)
    missing = run_inkledger(tmp_path, "pull", "fx", "missing.csv")
    assert missing.returncode == 1
    assert missing.stderr == "inkledger: missing.csv: No such file or directory.\n"
