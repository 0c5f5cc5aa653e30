"""What people read: units in the heads, numbers to the right, a row of sums, words when empty."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from ingest.warehouse.build import BuildResult
from ingest.warehouse.report import read_ebooks, read_reconciliation, read_stages, read_status
from ingest.warehouse.tables import (
    Format,
    print_ebooks,
    print_reconciliation,
    print_stages,
    print_status,
)

NO_DAYS = {"days": [], "day_count": 0, "balanced_day_count": 0}


def printed(print_it: Callable[..., None], content: Any, output_format: Format = "table") -> str:
    stdout = io.StringIO()
    print_it(content, output_format, stdout)
    return stdout.getvalue()


def cells(line: str) -> list[str]:
    return line.split()


def test_a_table_of_ebooks_ends_with_the_sums_of_what_can_be_summed(built: BuildResult) -> None:
    lines = printed(print_ebooks, read_ebooks(built.warehouse)).splitlines()
    assert [cells(line) for line in lines if line.strip("─ ")][:7] == [
        ["Ebook", "Pages", "Calls", "Cost", "USD", "USD/page", "Rejected", "USD", "Waste", "%"],
        ["(unattributed)", "–", "4", "0.500000", "–", "0.000000", "0.0"],
        ["river", "–", "4", "0.121000", "–", "0.000000", "0.0"],
        ["forest", "2", "4", "0.100000", "0.050000", "0.040000", "50.0"],
        ["planned", "24", "0", "0.000000", "0.000000", "0.000000", "–"],
        ["(untracked)", "–", "0", "0.350000", "–", "0.000000", "–"],
        ["Sum", "26", "12", "1.071000", "0.040000"],
    ]


def test_numbers_stand_below_one_another(built: BuildResult) -> None:
    lines = printed(print_ebooks, read_ebooks(built.warehouse)).splitlines()
    ends = {
        line.index(cost) + len(cost) for line in lines for cost in cells(line)[3:4] if "." in cost
    }
    assert len(ends) == 1


def test_no_table_is_wider_than_a_terminal_of_eighty_columns(built: BuildResult) -> None:
    ebooks = read_ebooks(built.warehouse)
    ebooks[0] |= {
        "ebook_id": "the-very-long-name-of-a-book-" * 3,
        "cost_usd": "123456.123456789012",
    }
    tables = [
        printed(print_ebooks, ebooks),
        printed(print_status, read_status(built.warehouse)),
        printed(print_stages, read_stages(built.warehouse)),
        # Its last line is one line, however much is open.
        printed(print_reconciliation, read_reconciliation(built.warehouse)).rpartition("Open: ")[0],
    ]
    assert max(len(line) for table in tables for line in table.splitlines()) <= 80
    assert "123,456.123457" in tables[0]


def test_what_the_sum_lacks_is_said_below_it(built: BuildResult) -> None:
    table = printed(print_status, read_status(built.warehouse))
    assert "0.721000000001" in table
    assert "calls of unknown cost, 2; calls in doubt, 1" in table


def test_unknown_costs_stand_by_their_age_below_the_status(built: BuildResult) -> None:
    table = printed(print_status, read_status(built.warehouse))
    lines = [cells(line) for line in table.splitlines()]
    assert ["under", "1", "hour", "0", "0", "0", "–"] in lines
    assert ["over", "31", "days", "2", "1", "3", "2026-04-01", "12:00"] in lines
    assert "can no longer be asked for" in table


def test_a_status_without_unknown_costs_says_nothing_of_their_age(built: BuildResult) -> None:
    status = read_status(built.warehouse)
    none = {"unpriced_count": 0, "in_doubt_count": 0, "without_generation_count": 0}
    ages = [{**age, **none, "oldest_call_at": None} for age in status["unknown_by_age"]]
    assert "31 days" not in printed(print_status, {**status, "unknown_by_age": ages})


def test_the_csv_of_the_status_is_one_line_with_a_column_for_each_age(built: BuildResult) -> None:
    status = read_status(built.warehouse)
    (row,) = csv.DictReader(io.StringIO(printed(print_status, status, "csv")))
    assert row["cost_usd"] == status["cost_usd"]
    assert (row["over_31_days_unpriced_count"], row["1_to_7_days_in_doubt_count"]) == ("2", "0")
    assert json.loads(printed(print_status, status, "json")) == status


def test_a_name_in_brackets_is_printed_as_it_is(built: BuildResult) -> None:
    (stage, *_) = read_stages(built.warehouse, "river")
    assert "[bold]" in printed(print_stages, [{**stage, "stage": "[bold]"}])


def test_nothing_to_show_is_said_in_words() -> None:
    assert "No call has landed yet" in printed(print_ebooks, [])
    assert "No call has landed yet" in printed(print_stages, [])
    assert "inkledger import activity" in printed(print_reconciliation, NO_DAYS)


@pytest.mark.parametrize("read", [read_ebooks, read_stages])
def test_csv_and_json_hold_every_digit(built: BuildResult, read: Callable[..., Any]) -> None:
    rows = read(built.warehouse)
    assert json.loads(printed(print_ebooks, rows, "json")) == rows
    read_back = list(csv.DictReader(io.StringIO(printed(print_ebooks, rows, "csv"))))
    assert [row["cost_usd"] for row in read_back] == [row["cost_usd"] for row in rows]
    assert len(read_back) == len(rows)


def test_a_reconciliation_ends_with_one_line_of_what_is_open(built: BuildResult) -> None:
    lines = printed(print_reconciliation, read_reconciliation(built.warehouse)).splitlines()
    assert lines[-1] == (
        "Open: untracked calls 0.349999999999 USD (2), unexplained -0.201 USD (-4), own-key usage"
        " -0.02 USD, 1 of 1 runs differ from their producer's own sums."
    )


def test_a_reconciliation_without_anything_open_ends_with_its_sum(built: BuildResult) -> None:
    reconciliation = {
        **read_reconciliation(built.warehouse),
        "days": [],
        "is_balanced": True,
        "classes": [],
    }
    table = printed(print_reconciliation, reconciliation)
    assert table.splitlines()[-1] == "Balanced: all of 0.85 USD, 2 days."
    rounded = {"class": "rounding", "amount_usd": "-0.0000008", "requests": 0, "day_count": 1}
    table = printed(print_reconciliation, {**reconciliation, "classes": [rounded]})
    assert table.splitlines()[-1] == "Balanced: all of 0.85 USD, 2 days; rounding -0.0000008 USD."


def test_a_balance_that_grew_by_something_else_is_open(built: BuildResult) -> None:
    balance = {
        "api_key_hash": None,
        "api_key_name": None,
        "from_at": "2026-04-01T09:00:00+00:00",
        "until_at": "2026-04-02T09:00:00+00:00",
        "ledger_usd": "1",
        "provider_usd": "1.5",
        "difference_usd": "0.5",
        "in_flight_usd": "0",
        "open_count": 0,
        "difference_class": "untracked_call",
    }
    reconciliation = {**read_reconciliation(built.warehouse), "classes": [], "balances": [balance]}
    table = printed(print_reconciliation, reconciliation)
    assert "0 of 1 balances grew by what the ledger says." in table
    assert "balance on 2026-04-02 0.5 USD, untracked calls" in table.splitlines()[-1]


def test_the_csv_of_a_reconciliation_is_its_days(built: BuildResult) -> None:
    reconciliation = read_reconciliation(built.warehouse)
    days = list(csv.DictReader(io.StringIO(printed(print_reconciliation, reconciliation, "csv"))))
    assert [day["date"] for day in days] == ["2026-04-01", "2026-04-02"]
