"""A month's statement: its figures are those of the ledger and the bill, and it hides nothing."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.notebooks.running import query, said, shortest

MARCH, APRIL = ("2026-03-01", "2026-04-01"), ("2026-04-01", "2026-05-01")


def test_the_newest_month_that_is_over_is_taken(awkward_home: Path) -> None:
    assert said("reconcile_month", awkward_home)[0] == "Statement on 2026-05"


def test_a_month_that_agrees_is_the_bill(awkward_home: Path) -> None:
    statement, verdict = _read(awkward_home, "2026-03")
    usd, count = _ledger(awkward_home, *MARCH)
    assert statement["Ledger"] == f"{shortest(usd)} USD, {count} calls"
    assert statement["Ledger on them"] == statement["OpenRouter billed"] == f"{shortest(usd)} USD"
    assert statement["Difference"] == "0 USD"
    assert statement["Days compared"] == "24, 2026-03-02 to 2026-03-25"
    assert verdict == "The ledger of this month is what OpenRouter billed, to the last digit."


def test_a_month_that_differs_says_each_class_to_the_last_digit(awkward_home: Path) -> None:
    statement, verdict = _read(awkward_home, "2026-04")
    usd, count = _ledger(awkward_home, *APRIL)
    assert statement["Ledger"] == f"{shortest(usd)} USD, {count} calls"
    assert statement["OpenRouter billed"] == "1.750000000001 USD"
    classes = {name: value for name, value in statement.items() if name.startswith("– ")}
    assert classes == {"– untracked call": "0.5 USD, 1 request, 1 day"}
    assert statement["Difference"] == statement["Untracked in it"] == "0.5 USD"
    assert statement["Evidence"] == (
        "OpenRouter's records of 2 days; generations: 1 ledger only by analytics, 1 provider only"
        " by analytics; 1 interval between balances; 1 run with their producer's own sum"
    )
    assert verdict == (
        "Open: untracked call 0.5 USD (1 request); 1 call of unknown cost or in doubt; 1 balance"
        " grew by another sum than the ledger's; 1 run with another sum than its producer's own."
    )


def test_a_month_without_evidence_is_not_called_balanced(awkward_home: Path) -> None:
    statement, verdict = _read(awkward_home, "2026-05")
    assert statement["Days compared"] == "none"
    assert "Difference" not in statement
    assert statement["Ledger on other days"] == "0.75 USD, 1 day"
    assert verdict == "Open: there is no record of OpenRouter's to compare with."


def test_a_month_that_is_not_over_is_open(demo_home: Path) -> None:
    ((usd, count),) = query(
        demo_home,
        "select sum(cost_usd), count(*) from fct_attempts"
        " where date_trunc('month', started_date) ="
        " (select date_trunc('month', max(started_date)) from fct_attempts)",
    )
    *_, verdict = lines = _lines(demo_home)
    assert f"{shortest(usd)} USD, {count} calls" in lines[2]
    assert verdict.startswith("Open: the month is not over")


@pytest.mark.parametrize("month", ["2026-03", "2026-04", "2026-05"])
def test_compared_days_and_the_others_are_the_whole_ledger(awkward_home: Path, month: str) -> None:
    statement, _ = _read(awkward_home, month)
    parts = (statement.get("Ledger on them", "0 USD"), statement["Ledger on other days"])
    assert sum(map(_usd, parts)) == _usd(statement["Ledger"])


def _read(home: Path, month: str) -> tuple[dict[str, str], str]:
    """Name → value of each line of the statement, and its verdict."""
    lines = _lines(home, "--month", month)
    assert lines[0] == f"Statement on {month}"
    named = (line.split("  ", 1) for line in lines[1:-1])
    return {name: value.strip() for name, value in named}, lines[-1]


def _lines(home: Path, *arguments: str) -> list[str]:
    *lines, to_sign = filter(None, said("reconcile_month", home, *arguments))
    assert to_sign.startswith("Name: ____")
    return lines


def _usd(value: str) -> Decimal:
    return Decimal(value.split(" USD")[0])


def _ledger(home: Path, first: str, end: str) -> tuple[Decimal, int]:
    ((usd, count),) = query(
        home,
        "select sum(cost_usd), count(*) from fct_attempts"
        f" where started_at >= '{first}' and started_at < '{end}'",
    )
    return usd, count
