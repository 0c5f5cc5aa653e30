"""`cd dbt_project && dbt build` works by itself."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from ingest.settings import Home
from ingest.warehouse.build import DBT_PROJECT
from ingest.warehouse.report import read_ebooks, read_reconciliation, read_status


def test_dbt_builds_an_empty_lake_and_passes_every_unit_test(tmp_path: Path) -> None:
    home = Home(tmp_path / "not there yet")
    finished = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "build"],
        cwd=DBT_PROJECT,
        env={
            **os.environ,
            "INKLEDGER_HOME": str(home.root),
            "DBT_TARGET_PATH": str(tmp_path / "target"),
            "DBT_LOG_PATH": str(tmp_path / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    passed = Counter(result["unique_id"].split(".")[0] for result in results)
    assert passed["unit_test"] > 0
    assert {result["status"] for result in results} <= {"success", "pass", "no-op"}
    assert_everything_is_empty(home.build_warehouse)


def assert_everything_is_empty(warehouse: Path) -> None:
    status = read_status(warehouse)
    assert (status["attempt_count"], status["cost_usd"]) == (0, "0")
    assert (status["landed_at"], status["cost_per_page_usd"]) == (None, None)
    assert read_ebooks(warehouse) == []
    assert read_reconciliation(warehouse)["day_count"] == 0
