"""The whole path: real client, real HTTP, lake, dbt; only OpenRouter is simulated."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest import OpenRouter, Recorder
from ingest.compact import compact
from ingest.demo.run import DAYS_AGO, DemoClock, begin_afresh, pull_records
from ingest.errors import UsageError
from ingest.lake import Lake
from ingest.pull.prices import pull_prices
from ingest.pull.provider import provider_client
from ingest.settings import Home
from ingest.simulator import running_simulator
from tests.conftest import run_inkledger


def _report(home: Path, name: str) -> Any:
    finished = run_inkledger(home, "report", name, "--format", "json")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def _bill(home: Path) -> Any:
    return json.loads((home / "demo" / "bill.json").read_text())


def test_the_warehouse_total_is_the_true_bill(demo_home: Path) -> None:
    assert _report(demo_home, "status")["cost_usd"] == _bill(demo_home)["total_usd"]


def test_the_books_and_the_unattributed_sum_to_the_true_bill(demo_home: Path) -> None:
    costs = [Decimal(ebook["cost_usd"]) for ebook in _report(demo_home, "ebooks")]
    assert sum(costs) == Decimal(_bill(demo_home)["total_usd"])


def test_nothing_of_the_demo_stays_unpriced_or_in_doubt(demo_home: Path) -> None:
    status = _report(demo_home, "status")
    assert (status["unpriced_count"], status["in_doubt_count"], status["quarantined_count"]) == (
        0,
        0,
        0,
    )
    assert Decimal(status["unattributed_cost_usd"]) > 0


def test_the_demo_had_faults_to_survive(demo_home: Path) -> None:
    billed = {row["id"]: row["status"] for row in _bill(demo_home)["generations"]}
    status = _report(demo_home, "status")
    assert status["attempt_count"] > len(billed)
    assert status["settled_count"] > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 20260217])
def test_other_seeds_balance_too(tmp_path: Path, seed: int) -> None:
    finished = run_inkledger(tmp_path, "demo", "--no-serve", "--seed", str(seed), "--ebooks", "5")
    assert finished.returncode == 0, finished.stderr
    assert _report(tmp_path, "status")["cost_usd"] == _bill(tmp_path)["total_usd"]
    assert "equal to the last digit" in finished.stdout


def test_the_days_of_the_demo_and_what_its_account_grew_by_are_the_bill(demo_home: Path) -> None:
    told = _report(demo_home, "reconciliation")
    assert told["is_balanced"] is True
    assert told["day_count"] == told["balanced_day_count"] == len(DAYS_AGO)
    grown = [balance["difference_usd"] for balance in told["balances"]]
    assert grown == ["0"] * (len(DAYS_AGO) - 1)
    assert Decimal(told["provider_usd"]) == Decimal(_bill(demo_home)["total_usd"])


def test_the_demo_knows_what_its_models_are_listed_at(demo_home: Path) -> None:
    with duckdb.connect(demo_home / "warehouse.duckdb", read_only=True) as warehouse:
        count = "select count(*), count(listed_cost_usd) from fct_attempts where cost_usd > 0"
        call_count, listed_count = warehouse.sql(count).fetchall()[0]
    assert call_count * 0.8 < listed_count < call_count


@pytest.mark.parametrize(
    "table", ["provider_activity", "provider_balances", "model_prices", "quarantine"]
)
def test_the_demo_refuses_a_folder_with_other_data(tmp_path: Path, table: str) -> None:
    home = Home(tmp_path)
    begin_afresh(home)
    theirs = home.lake / table / "landed_date=2026-04-01" / "theirs.parquet"
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    with pytest.raises(UsageError, match="set INKLEDGER_HOME to another folder"):
        begin_afresh(home)
    assert theirs.exists()


def test_what_the_demo_pulled_may_go_and_what_others_pulled_there_may_not(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with running_simulator() as simulator:
        begin_afresh(home)
        pull_records(home, simulator.base_url, DemoClock())
        compact(home, up_to_now=True)
        begin_afresh(home)
        assert not home.lake.exists()
        pull_records(home, simulator.base_url, DemoClock())
        with provider_client(simulator.base_url, None) as client:
            pull_prices(Lake(home.lake), client)
        compact(home, up_to_now=True)
    with pytest.raises(UsageError, match="hold"):
        begin_afresh(home)
    assert home.lake.exists()


def test_the_demo_never_removes_what_was_recorded_but_not_sealed(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    with running_simulator() as simulator, Recorder(tmp_path, base_url=simulator.base_url) as mine:
        with OpenRouter("sk-or-v1-mine", base_url=simulator.base_url, recorder=mine) as client:
            client.embed(model="qwen/qwen3-embedding-4b", input="A fox")
        while_recording = run_inkledger(tmp_path, "demo", "--no-serve")
    afterwards = run_inkledger(tmp_path, "demo", "--no-serve")
    assert while_recording.returncode == afterwards.returncode == 2
    assert Lake(tmp_path / "lake").scan("usage_events").collect().height == 1


def test_an_interrupted_demo_can_be_run_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    begin_afresh(home)
    with Recorder(tmp_path) as recorder:
        recorder.describe_ebook("forest-animals", title="Forest Animals")
    begin_afresh(home)
    assert not home.lake.exists()
    assert home.demo.exists()


def test_the_style_sheet_of_a_series_is_borne_by_its_books(demo_home: Path) -> None:
    ebooks = _report(demo_home, "ebooks")
    books = [ebook for ebook in ebooks if ebook["ebook_id"] != "unattributed"]
    assert all(Decimal(book["shared_cost_usd"]) > 0 for book in books)
    assert sum(Decimal(ebook["shared_cost_usd"]) for ebook in ebooks) == 0
    full_costs = [Decimal(ebook["full_cost_usd"]) for ebook in ebooks]
    assert sum(full_costs) == Decimal(_bill(demo_home)["total_usd"])
