"""The app reads one file, read-only, and nothing else."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.warehouse import Row, Warehouse, WarehouseMissing, identify


def test_a_query_cannot_change_the_warehouse(demo_home: Path) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        _fetch(demo_home, "drop table fct_attempts", {})


def test_a_query_cannot_read_another_file(demo_home: Path) -> None:
    bill = demo_home / "demo" / "bill.json"
    with pytest.raises(duckdb.PermissionException):
        _fetch(demo_home, "select * from read_text($path)", {"path": str(bill)})


def test_a_query_cannot_lift_what_it_may_not_do(demo_home: Path) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="locked"):
        _fetch(demo_home, "set enable_external_access = true", {})


def test_money_comes_as_decimal_with_every_digit(demo_home: Path) -> None:
    (row,) = _fetch(demo_home, "select cost_usd from fct_ledger_status", {})
    assert isinstance(row["cost_usd"], Decimal)
    assert row["cost_usd"].as_tuple().exponent == -12


def test_an_apostrophe_in_the_folder_is_part_of_its_name(demo_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "the publisher's; data"
    home.mkdir()
    (home / "warehouse.duckdb").write_bytes((demo_home / "warehouse.duckdb").read_bytes())
    assert _fetch(home, "select 1 as one", {}) == [{"one": 1}]


def test_a_missing_file_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissing):
        _fetch(tmp_path, "select 1", {})
    with pytest.raises(WarehouseMissing):
        identify(tmp_path / "warehouse.duckdb")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("amount", "count", "each"),
    [("1", 3, "0.333333333333"), ("2", 3, "0.666666666667"), ("0.000000000005", 10, "0"),
     ("0.000000000015", 10, "0.000000000002"), ("999999.99", 1, "999999.99")],
)  # fmt: skip
def test_a_ratio_of_sums_is_exact_and_rounds_half_to_even(
    demo_home: Path, amount: str, count: int, each: str
) -> None:
    query = "select usd_per(cast($amount as decimal(38, 12)), $count) as each"
    (row,) = _fetch(demo_home, query, {"amount": amount, "count": count})
    assert row["each"] == Decimal(each)


def _fetch(home: Path, query: str, parameters: dict[str, Any]) -> list[Row]:
    return Warehouse(home / "warehouse.duckdb").fetch(query, parameters)
