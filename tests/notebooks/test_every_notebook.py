"""What holds for each notebook, whatever it is about."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebooks.running import FOLDER, NOTEBOOKS, run, said

NEEDS_ROWS = {
    "choose_model": "No call of this ledger has a stage yet",
    "estimate_series": "No ebook of this ledger has a kind yet",
    "reconcile_month": "No call and no bill is in this ledger yet",
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_marimo_finds_nothing_to_mend(name: str) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "marimo", "check", "--strict", str(FOLDER / f"{name}.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_without_a_warehouse_it_says_in_one_line_what_makes_one(name: str, tmp_path: Path) -> None:
    finished = run(name, tmp_path)
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.strip().endswith("or `inkledger build` for your own calls.")


@pytest.mark.parametrize("name", sorted(NEEDS_ROWS))
def test_an_empty_ledger_is_one_sentence(name: str, empty_home: Path) -> None:
    finished = run(name, empty_home)
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.startswith(NEEDS_ROWS[name])


def test_the_tour_of_an_empty_ledger_says_what_is_missing(empty_home: Path) -> None:
    assert said("explore_costs", empty_home) == [
        "No call is in this ledger yet: record some, inkledger build, and read again.",
        "No result was accepted for a page yet: client.accept(reply) says so.",
        "Nothing that cost money was rejected.",
        "No ebook has any waste.",
        "No day has a call.",
        (
            "Nothing to compare with yet: inkledger pull activity, or inkledger import activity an"
            " export of OpenRouter's Activity page."
        ),
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("reconcile_month", ("--month", "2026-13'; drop"), "--month 2026-13'; drop is not there"),
        ("choose_model", ("--stage", "<b>"), "--stage <b> is not there; there is: line_art, "),
        ("estimate_series", ("--kind", "novel"), "--kind novel is not there; there is: coloring_"),
        ("estimate_series", ("--books", "0"), "--books 0 is no whole number from 1 to 1,000."),
        ("estimate_series", ("--pages", "a"), "--pages a is no whole number from 1 to 10,000."),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    demo_home: Path, name: str, arguments: tuple[str, ...], words: str
) -> None:
    finished = run(name, demo_home, *arguments)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.startswith(words)
    assert finished.stderr.count("\n") == 1


@pytest.mark.long
@pytest.mark.parametrize("name", ["explore_costs", "reconcile_month"])
def test_a_notebook_becomes_a_page_that_can_be_sent(
    awkward_home: Path, tmp_path: Path, name: str
) -> None:
    """Also with a title that is HTML: it stands there as text."""
    page = tmp_path / "page.html"
    command = ["export", "html", str(FOLDER / f"{name}.py"), "-o", str(page), "--no-include-code"]
    exported = subprocess.run(
        [sys.executable, "-m", "marimo", *command, "--", "--home", str(awkward_home)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert exported.returncode == 0, exported.stderr
    assert "error" not in exported.stderr.lower()
    assert "<img src=x" not in page.read_text()
