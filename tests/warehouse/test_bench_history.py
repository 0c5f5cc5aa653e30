"""The history of the bench is a ledger that balances, so that its figures mean something."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conftest import run_inkledger

ROOT = Path(__file__).parents[2]


def test_the_history_of_the_bench_balances_with_its_provider(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, ROOT / "bench" / "history.py", tmp_path, "2000"], cwd=ROOT, check=True
    )
    built = run_inkledger(tmp_path, "build")
    assert built.returncode == 0, built.stderr
    reconciliation = report(tmp_path, "reconciliation")
    assert (reconciliation["day_count"], reconciliation["balanced_day_count"]) == (1, 1)
    status = report(tmp_path, "status")
    assert status["attempt_count"] == 2000
    # Some two of a hundred are settled later, a few never.
    assert 20 <= status["settled_count"] <= 60
    assert 0 < status["in_doubt_count"] < 20
    assert Decimal(status["wasted_cost_usd"]) > 0
    assert status["quarantined_count"] == 0


def report(home: Path, name: str) -> dict[str, Any]:
    told = run_inkledger(home, "report", name, "--format", "json")
    read: dict[str, Any] = json.loads(told.stdout)
    return read
