"""What a build would change is said row for row, and nothing is changed by saying it."""

import hashlib
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.errors import BuildFailed, WarehouseMissing
from ingest.lake import Lake
from ingest.settings import Home
from ingest.warehouse import build as build_module
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.reprice import reprice
from tests.conftest import run_inkledger
from tests.warehouse.rows import NOON, attempt, price, settlement

LATER = NOON + timedelta(days=1)
USED: dict[str, Any] = {"served_model": "a/b", "input_tokens": 1000, "output_tokens": 0}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Published, and then a price, a settlement and a call landed."""
    home = Home(tmp_path_factory.mktemp("reprice") / "it's home")
    lake = Lake(home.lake)
    known = [
        attempt("stays", generation_id="gen-1", reported_cost_usd=Decimal("0.5")),
        attempt("settled-late", generation_id="gen-2", reported_cost_usd=Decimal("0.2")),
        attempt("priced-late", ebook_id="forest", **USED),
    ]
    lake.land("usage_events", "segment-1", known, NOON)
    build_warehouse(home)
    lake.land("model_prices", "pull", [price("a/b", "0.00001")], LATER)
    lake.land("settlements", "pull", [settlement("gen-2", "0.05")], LATER)
    lake.land("usage_events", "segment-2", [attempt("new", reported_cost_usd=Decimal(1))], LATER)
    with duckdb.connect(str(home.warehouse)) as connection:
        # A rule of old counted what the present one does not.
        connection.execute(
            "insert into fct_attempts select * replace ('gone' as event_id, 0.125 as cost_usd)"
            " from fct_attempts where event_id = 'stays'"
        )
    return home


def contents(home: Home) -> dict[str, str]:
    files = (path for path in home.root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(home.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_every_attempt_that_would_differ_is_told_with_its_cost_before_and_after(
    home: Home,
) -> None:
    repriced = reprice(home)
    assert [
        (row["change"], row["event_id"], row["before_usd"], row["after_usd"], row["after_source"])
        for row in repriced["rows"]
    ] == [
        ("added", "new", None, "1", "reported"),
        ("changed", "settled-late", "0.2", "0.05", "settled"),
        ("vanished", "gone", "0.125", None, None),
        ("changed", "priced-late", None, "0.01", "listed_price"),
    ]
    assert [tuple(change.values()) for change in repriced["changes"]] == [
        ("added", 1, "0", "1", "1"),
        ("vanished", 1, "0.125", "0", "-0.125"),
        ("changed", 2, "0.2", "0.06", "-0.14"),
        ("unchanged", 1, "0.5", "0.5", "0"),
    ]


def test_nothing_is_written_below_the_home_and_nothing_stays_elsewhere(
    home: Home, tmp_path: Path
) -> None:
    before = contents(home)
    told = run_inkledger(
        home.root, "reprice", "--dry-run", "--format", "json", TMPDIR=str(tmp_path)
    )
    assert len(json.loads(told.stdout)["rows"]) == 4
    assert contents(home) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_table_names_each_attempt_whole(home: Home) -> None:
    told = run_inkledger(home.root, "reprice", "--dry-run")
    assert told.returncode == 0
    lines = told.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split() == ["Sum", "5", "0.825000", "1.560000", "0.735000"] for line in lines)
    assert any(
        line.split() == ["settled-late", "reported", "settled", "0.200000", "0.050000"]
        for line in lines
    )


def test_without_dry_run_one_sentence_says_what_reprices(home: Home) -> None:
    told = run_inkledger(home.root, "reprice")
    assert (told.returncode, told.stdout) == (2, "")
    assert "`inkledger build` reprices" in told.stderr


def test_there_must_be_something_to_compare_with(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissing, match="to compare with: run `inkledger build`"):
        reprice(Home(tmp_path))


def test_a_build_that_fails_leaves_the_log_that_it_names(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build_module, "DBT_PROJECT", tmp_path)
    with pytest.raises(BuildFailed) as failure:
        reprice(home)
    log = Path(str(failure.value).rpartition("the whole log is ")[2].rstrip("."))
    assert log.exists()
