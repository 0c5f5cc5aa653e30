"""Producers of every manner are killed at random instants, and the ledger still is the bill.

`make torture` kills three hundred times; CI samples twenty.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.lake import Lake
from ingest.settings import Home
from ingest.simulator import RunningSimulator, running_simulator
from tests.conftest import run_inkledger
from tests.landed import one_per_event
from tests.torture.producer import MANNERS

PRODUCER = Path(__file__).with_name("producer.py")
KEYS = {
    "OPENROUTER_API_KEY": "sk-or-v1-test",
    "OPENROUTER_MANAGEMENT_KEY": "sk-or-v1-management",
}


def start(manner: str, home: Path, base_url: str) -> "subprocess.Popen[bytes]":
    """A producer in a process group of its own, so that its children die with it."""
    return subprocess.Popen(
        [sys.executable, str(PRODUCER), manner, str(home), base_url],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )


def kill_many(home: Path, base_url: str, kill_count: int, seed: int) -> None:
    """Keep four producers running, and kill them one after the other at random instants."""
    chance = random.Random(seed)
    manners = [*MANNERS]
    running: list[subprocess.Popen[bytes]] = []
    for number in range(kill_count):
        running.append(start(manners[number % len(manners)], home, base_url))
        time.sleep(chance.uniform(0.1, 1.3))
        if len(running) == 4:
            kill(running.pop(chance.randrange(4)))
    for producer in running:
        time.sleep(chance.uniform(0.1, 1.3))
        kill(producer)


def kill(producer: "subprocess.Popen[bytes]") -> None:
    assert producer.poll() is None, "the producer had ended by itself"
    os.killpg(producer.pid, signal.SIGKILL)
    producer.wait()


def settled_bill(simulator: RunningSimulator) -> Any:
    """The bill once the simulator has noticed that everybody is gone."""
    bill = simulator.bill()
    while True:
        time.sleep(1.0)
        if bill == (bill := simulator.bill()):
            return bill


def report_status(home: Path, base_url: str) -> Any:
    environment = {**KEYS, "OPENROUTER_BASE_URL": base_url}
    for command in (["pull", "settlements"], ["build"]):
        finished = run_inkledger(home, *command, **environment)
        assert finished.returncode == 0, finished.stderr
    return json.loads(run_inkledger(home, "report", "status", "--format", "json").stdout)


def test_killed_producers_leave_a_ledger_that_is_the_bill(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kill_count = int(request.config.getoption("--kills"))
    seed = int(request.config.getoption("--kill-seed"))
    instant = (0.0, 0.0)
    with running_simulator(
        latency_seconds=0.03, settlement_delay_seconds=instant, interrupted_delay_seconds=instant
    ) as simulator:
        kill_many(tmp_path, simulator.base_url, kill_count, seed)
        bill = settled_bill(simulator)
        status = report_status(tmp_path, simulator.base_url)
    billed = {row["id"]: row for row in bill["generations"]}
    rows = Lake(Home(tmp_path).lake).scan("usage_events").collect().to_dicts()
    settlements = Lake(Home(tmp_path).lake).scan("settlements").collect().to_dicts()
    matched = {row["event_id"]: row["generation_id"] for row in settlements if row["event_id"]}
    generations = Counter(
        row["generation_id"] or matched.get(row["event_id"]) for row in one_per_event(rows)
    )
    never_told = generations.pop(None, 0)
    sys.stderr.write(
        f"{kill_count} kills, {len(one_per_event(rows))} calls, {len(billed)} billed, "
        f"{len(matched)} matched, {never_told} never billed; "
        f"ledger {status['cost_usd']} USD, bill {bill['total_usd']} USD\n"
    )
    assert generations == Counter(dict.fromkeys(billed, 1))
    assert Decimal(status["cost_usd"]) == Decimal(bill["total_usd"])
    assert (status["in_doubt_count"], status["quarantined_count"]) == (never_told, 0)
    assert list((tmp_path / "spool").glob("*.jsonl")) == []
