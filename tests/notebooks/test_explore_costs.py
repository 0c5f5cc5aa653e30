"""The notebook runs as a script, and its answers are the marts'."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "explore_costs.py"


def test_its_three_answers_are_those_of_the_marts(demo_home: Path) -> None:
    finished = _run(demo_home)
    assert finished.returncode == 0, finished.stderr
    stage, rejected, wasteful = finished.stdout.splitlines()
    # The notebook asks the attempts; here the same numbers come from the marts that sum them.
    dearest, usd_per_page, page_count = _dearest_stage(demo_home)
    assert stage == (
        f"{dearest} costs most per accepted page: {usd_per_page} USD, over {page_count} pages."
    )
    ((rejected_usd,),) = _query(demo_home, "select rejected_cost_usd from fct_ledger_status")
    assert rejected.startswith(f"Rejected results cost {_shortest(rejected_usd)} USD, ")
    (title, wasted_usd), *_ = _query(
        demo_home,
        "select title, wasted_cost_usd from fct_ebook_costs"
        " order by wasted_share desc nulls last, title",
    )
    assert wasteful.startswith(f"{title} lost most: ")
    assert wasteful.endswith(f", {_shortest(wasted_usd)} USD.")


def test_without_a_warehouse_it_says_in_one_line_what_makes_one(tmp_path: Path) -> None:
    finished = _run(tmp_path)
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.strip().endswith("or `inkledger build` for your own calls.")


def _dearest_stage(home: Path) -> tuple[str, str, int]:
    stages = _query(
        home,
        "select stage, sum(cost_usd), count(distinct (ebook_id, page_number))"
        " from fct_page_costs where page_number is not null group by stage",
    )
    stage, cost_usd, page_count = max(stages, key=lambda row: row[1] / row[2])
    return stage, _shortest(round(cost_usd / page_count, 12)), page_count


def _shortest(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _query(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def _run(home: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(NOTEBOOK)],
        env={**os.environ, "INKLEDGER_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
