"""What `inkledger report` prints of the demo, for people and for programs."""

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_inkledger

STATUS_KEYS = {
    "attempt_count",
    "cost_usd",
    "unattributed_cost_usd",
    "unpriced_count",
    "in_doubt_count",
    "quarantined_count",
    "landed_at",
}
EBOOK_KEYS = {
    "ebook_id",
    "title",
    "cost_usd",
    "call_count",
    "page_count",
    "cost_per_page_usd",
    "rejected_cost_usd",
}
PLAIN_DECIMAL = re.compile(r"-?\d+(\.\d+)?")


def _print(home: Path, *arguments: str) -> str:
    finished = run_inkledger(home, "report", *arguments)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def _json(home: Path, *arguments: str) -> Any:
    return json.loads(_print(home, *arguments, "--format", "json"))


def test_status_has_its_keys_and_money_as_decimal_strings(demo_home: Path) -> None:
    status = _json(demo_home, "status")
    assert status.keys() >= STATUS_KEYS
    assert all(PLAIN_DECIMAL.fullmatch(status[key]) for key in status if key.endswith("_usd"))


def test_every_ebook_has_its_keys_and_twelve_were_made(demo_home: Path) -> None:
    ebooks = _json(demo_home, "ebooks")
    assert all(ebook.keys() >= EBOOK_KEYS for ebook in ebooks)
    assert sum(ebook["ebook_id"] != "unattributed" for ebook in ebooks) == 12


def test_the_stages_of_an_ebook_sum_to_its_cost(demo_home: Path) -> None:
    dearest = _json(demo_home, "ebooks")[0]
    stages = _json(demo_home, "stages", "--ebook", dearest["ebook_id"])
    assert {stage["ebook_id"] for stage in stages} == {dearest["ebook_id"]}
    assert sum(Decimal(stage["cost_usd"]) for stage in stages) == Decimal(dearest["cost_usd"])


def test_csv_holds_the_same_rows_as_json(demo_home: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(_print(demo_home, "ebooks", "--format", "csv"))))
    ebooks = _json(demo_home, "ebooks")
    assert [row["cost_usd"] for row in rows] == [ebook["cost_usd"] for ebook in ebooks]


def test_a_table_names_every_book_once_and_fits_eighty_columns(demo_home: Path) -> None:
    table = _print(demo_home, "ebooks")
    assert max(map(len, table.splitlines())) <= 80
    for ebook in _json(demo_home, "ebooks"):
        assert (
            table.count(Decimal(ebook["cost_usd"]).quantize(Decimal("1e-6")).to_eng_string()) >= 1
        )


def test_an_unknown_ebook_is_refused(demo_home: Path) -> None:
    finished = run_inkledger(demo_home, "report", "stages", "--ebook", "no-such-book")
    assert finished.returncode == 2
    assert "no-such-book" in finished.stderr


@pytest.mark.parametrize("name", ["status", "ebooks", "stages", "reconciliation"])
def test_every_report_prints_in_every_format(demo_home: Path, name: str) -> None:
    assert _print(demo_home, name)
    assert _json(demo_home, name) is not None
    _print(demo_home, name, "--format", "csv")
