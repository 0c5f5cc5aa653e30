"""Pulls killed or interrupted in the middle: what was learned stays, and is not asked for twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.lake import Lake
from ingest.recording.recorder import Recorder
from ingest.recording.runs import production_run
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import RunningSimulator, running_simulator
from tests.conftest import run_inkledger
from tests.pull.providers import KEY, attempt, client_of, generate, land_attempts

MANAGEMENT_KEY = "sk-or-v1-management"
CALL_COUNT = 180
PULL_SECONDS = 5.0
"""How long asking for them takes, eight at once and each question 0.15 s, with the start."""


@contextmanager
def slow_records(**options: Any) -> Iterator[RunningSimulator]:
    instant = (0.0, 0.0)
    with running_simulator(
        record_latency_seconds=0.15,
        settlement_delay_seconds=instant,
        interrupted_delay_seconds=instant,
        **options,
    ) as simulator:
        yield simulator


def environment(simulator: RunningSimulator) -> dict[str, str]:
    return {
        "OPENROUTER_BASE_URL": simulator.base_url,
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_MANAGEMENT_KEY": MANAGEMENT_KEY,
    }


def stop(home: Path, simulator: RunningSimulator, what: str, seconds: float, how: int) -> int:
    running = subprocess.Popen(
        [sys.executable, "-m", "ingest.command", "pull", what],
        env={**os.environ, "INKLEDGER_HOME": str(home), **environment(simulator)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    time.sleep(seconds)
    os.killpg(running.pid, how)
    return running.wait(60)


def pull(home: Path, simulator: RunningSimulator, what: str) -> str:
    finished = run_inkledger(home, "pull", what, **environment(simulator))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def rows(home: Path, table_name: str) -> list[dict[str, Any]]:
    return Lake(Home(home).lake).scan(table_name).collect().to_dicts()


def billed(simulator: RunningSimulator) -> dict[str, Decimal]:
    return {row["id"]: Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]}


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_settlements_resume_where_they_were_stopped_and_land_once(
    how: signal.Signals, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(int(request.config.getoption("--kill-seed")))
    with slow_records() as simulator:
        attempts = [attempt(generate(simulator)) for _ in range(CALL_COUNT)]
        land_attempts(Lake(Home(tmp_path).lake), *attempts)
        counts = []
        for _ in range(3):
            code = stop(tmp_path, simulator, "settlements", chance.uniform(1.5, PULL_SECONDS), how)
            assert code in (0, -signal.SIGKILL, 130, -signal.SIGINT)
            counts.append(len(rows(tmp_path, "settlements")))
        pull(tmp_path, simulator, "settlements")
        assert "Landed 0 settlements" in pull(tmp_path, simulator, "settlements")
        settled = rows(tmp_path, "settlements")
        assert {row["generation_id"]: row["total_cost_usd"] for row in settled} == billed(simulator)
    assert counts == sorted(counts)
    assert counts[-1] > 0, "nothing had landed when it was stopped"
    assert len(settled) == CALL_COUNT


def lose_calls(home: Path, simulator: RunningSimulator, count: int) -> None:
    """Calls of one run whose client gave up before any header came."""
    headers = {"Authorization": f"Bearer {KEY}", "X-Simulate-Fault": "silent_stall*9"}
    with (
        Recorder(home, base_url=simulator.base_url) as recorder,
        httpx.Client(
            base_url=simulator.base_url,
            transport=recorder.transport(),
            headers=headers,
            timeout=0.05,
        ) as http,
        production_run(ebook_id="forest"),
    ):
        for number in range(count):
            message = {"role": "user", "content": f"page {number}"}
            with pytest.raises(httpx.ReadTimeout):
                http.post(
                    "/chat/completions", json={"model": "openai/gpt-5-nano", "messages": [message]}
                )
    seal(Home(home))


@pytest.mark.long
def test_a_search_for_lost_calls_that_is_killed_finds_them_all_when_it_runs_again(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(int(request.config.getoption("--kill-seed")))
    with slow_records() as simulator:
        lose_calls(tmp_path, simulator, 120)
        for _ in range(3):
            stop(tmp_path, simulator, "settlements", chance.uniform(2.0, 5.0), signal.SIGKILL)
        assert rows(tmp_path, "settlements"), "nothing had landed when it was killed"
        pull(tmp_path, simulator, "settlements")
        before = rows(tmp_path, "settlements")
        assert "Landed 0 settlements" in pull(tmp_path, simulator, "settlements")
        assert rows(tmp_path, "settlements") == before
        matched = {row["generation_id"]: row for row in before if row["event_id"]}
        assert {name: row["total_cost_usd"] for name, row in matched.items()} == billed(simulator)
        bill = simulator.bill()["total_usd"]
    calls = rows(tmp_path, "usage_events")
    built = run_inkledger(tmp_path, "build")
    assert (built.returncode, "Warning" in built.stderr) == (0, False), built.stderr
    status = json.loads(run_inkledger(tmp_path, "report", "status", "--format", "json").stdout)
    assert (status["cost_usd"], status["attempt_count"]) == (bill, len(calls))
    assert sum(age["in_doubt_count"] for age in status["unknown_by_age"]) == 0
    found = {row["event_id"]: name for name, row in matched.items()}
    in_order = [
        found[call["event_id"]] for call in sorted(calls, key=lambda row: row["started_at"])
    ]
    assert in_order == [row["id"] for row in simulator.bill()["generations"]]


@pytest.mark.parametrize("what", ["prices", "activity"])
def test_a_listing_that_is_killed_lands_whole_or_not_at_all(
    what: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(int(request.config.getoption("--kill-seed")))
    now = [datetime.now(UTC)]
    with slow_records(clock=lambda: now[0]) as simulator:
        with client_of(simulator):
            generate(simulator)
        now[0] += timedelta(days=1)
        table_name = {"prices": "model_prices", "activity": "provider_activity"}[what]
        snapshot = {"prices": "observed_at", "activity": "snapshot_id"}[what]
        for _ in range(4):
            stop(tmp_path, simulator, what, chance.uniform(0.6, 1.6), signal.SIGKILL)
        pull(tmp_path, simulator, what)
        landed = rows(tmp_path, table_name)
        if what == "prices":
            # Endpoints are asked for model by model, and land as far as they came.
            landed = [row for row in landed if row["source"] == "models"]
        sizes = {
            sum(row[snapshot] == each for row in landed) for each in {r[snapshot] for r in landed}
        }
        assert len(sizes) == 1
        if what == "activity":
            assert len(landed) == 1
            pull(tmp_path, simulator, what)
            assert rows(tmp_path, table_name) == landed
