"""A call given up is cancelled, knows its generation if it could, and is settled as it is billed.

Time-outs, streams closed early, cancelled tasks and Ctrl-C, before and after the headers, streamed
and not, under a provider that stops billing then and under one that bills the whole completion.
"""

import json
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.simulator import RunningSimulator, running_simulator
from tests.conftest import run_inkledger
from tests.end_to_end.giving_up import BILLS_THE_WHOLE, CLIENTS, STOPS_BILLING, cases
from tests.landed import landed

KEYS = {
    "OPENROUTER_API_KEY": "sk-or-v1-given-up",
    "OPENROUTER_MANAGEMENT_KEY": "sk-or-v1-management",
}
CHECKOUT = Path(__file__).parents[2]
AT_ONCE = (0.0, 0.0)
ERRORS = {
    "time-out": {"ReadTimeout"},
    "closed": {"closed_early"},
    "Ctrl-C": {"KeyboardInterrupt", "CancelledError"},
    "cancelled": {"CancelledError"},
}


@pytest.mark.long
def test_every_call_given_up_is_cancelled_and_settled_as_it_is_billed(tmp_path: Path) -> None:
    with running_simulator(
        latency_seconds=1.0, settlement_delay_seconds=AT_ONCE, interrupted_delay_seconds=AT_ONCE
    ) as simulator:
        environment = {**KEYS, "OPENROUTER_BASE_URL": simulator.base_url}
        finished = subprocess.run(
            [sys.executable, CHECKOUT / "tests" / "end_to_end" / "giving_up.py"],
            env={
                **os.environ, **environment,
                "PYTHONPATH": str(CHECKOUT), "INKLEDGER_HOME": str(tmp_path),
            },
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        made = json.loads(finished.stdout)
        assert made == list(cases())
        bill = whole_bill(simulator, len(made))
        rows = {row["ebook_id"]: row for row in landed(tmp_path)}
        for command in (["pull", "settlements"], ["build"]):
            ran = run_inkledger(tmp_path, *command, **environment)
            assert ran.returncode == 0, ran.stderr

    assert list(rows) == made
    for case, row in rows.items():
        _, way, moment, shape, _ = case.split("/", 4)
        assert row["status"] == "cancelled", case
        assert row["error_type"] in ERRORS[way], case
        assert row["is_streamed"] == (shape == "streamed"), case
        assert (row["generation_id"] is not None) == (moment == "after"), case
    settlements = landed(tmp_path, "settlements")
    told = {row["generation_id"]: row["total_cost_usd"] for row in settlements}
    assert told == {row["id"]: Decimal(row["cost_usd"]) for row in bill["generations"]}
    matched = {row["event_id"] for row in settlements if row["event_id"] is not None}
    assert matched == {row["event_id"] for row in rows.values() if row["generation_id"] is None}
    status = json.loads(run_inkledger(tmp_path, "report", "status", "--format", "json").stdout)
    assert Decimal(status["cost_usd"]) == Decimal(bill["total_usd"]) > 0
    assert (status["in_doubt_count"], status["unpriced_count"]) == (0, 0)
    # Otherwise the two providers would prove no more than one.
    in_part = output_tokens(simulator, rows, STOPS_BILLING)
    assert max(in_part) < min(output_tokens(simulator, rows, BILLS_THE_WHOLE))


def whole_bill(simulator: RunningSimulator, call_count: int) -> Any:
    """The bill once the simulator has noticed that everybody is gone."""
    deadline = time.monotonic() + 20
    while len(simulator.bill()["generations"]) < call_count and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1.5)
    return simulator.bill()


def output_tokens(simulator: RunningSimulator, rows: dict[str, Any], model: str) -> list[int]:
    """What was billed of each stream that was closed when its first words had come."""
    billed = simulator.simulator.bill
    names = [f"{client}/closed/after/streamed/{model}" for client in CLIENTS]
    generations = [billed.find(rows[name]["generation_id"]) for name in names]
    return [row.outcome.tokens.completion for row in generations if row is not None]
