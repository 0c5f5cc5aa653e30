"""Commands killed at random instants, and run again: the data is what one quiet run leaves."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from ingest.lake import Lake
from ingest.recording.recorder import Recorder
from ingest.settings import Home
from tests.conftest import run_inkledger
from tests.imports.exports import CALL
from tests.recording.calls import answering, client
from tests.wire import bodies

BASE_URL = "https://openrouter.ai/api/v1"
CALL_COUNT = 300
SEGMENT_COUNT = 30


def record_calls(home: Path) -> None:
    with Recorder(home, base_url=BASE_URL) as recorder:
        for number in range(CALL_COUNT):
            headers = {"content-type": "application/json", "x-generation-id": f"gen-{number}-a"}
            body = bodies.CHAT.replace(b'"id"', b'"other"', 1)
            with client(recorder, answering(body, headers)) as http:
                payload = {"model": "a/b", "messages": [{"role": "user", "content": str(number)}]}
                reply: httpx.Response = http.post(f"{BASE_URL}/chat/completions", json=payload)
                assert reply.status_code == 200
            if number % (CALL_COUNT // SEGMENT_COUNT) == 0:
                recorder.close()


def write_export(path: Path) -> None:
    rows = [{**CALL, "generation_id": f"gen-1776283905-{number}"} for number in range(CALL_COUNT)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(CALL))
        writer.writeheader()
        writer.writerows(rows)


def run_and_kill(home: Path, command: list[str], seconds: float) -> None:
    """Its children are killed with it."""
    running = subprocess.Popen(
        [sys.executable, "-m", "ingest.command", *command],
        env={**os.environ, "INKLEDGER_HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    time.sleep(seconds)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()


@pytest.mark.parametrize(
    ("command", "longest"),
    [("seal", 1.2), ("import", 1.5), ("build", 12.0)],
)
def test_a_command_killed_at_any_instant_and_run_again_loses_and_doubles_nothing(
    command: str, longest: float, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    home, export = tmp_path / "home", tmp_path / "calls.csv"
    arguments = [command]
    if command == "import":
        write_export(export)
        arguments = ["import", "activity", str(export)]
    else:
        record_calls(home)
    chance = random.Random(int(request.config.getoption("--kill-seed")))
    for _ in range(5):
        run_and_kill(home, arguments, chance.uniform(longest / 6, longest))
    finished = run_inkledger(home, *arguments)
    assert finished.returncode == 0, finished.stderr
    rows = Lake(Home(home).lake).scan("usage_events").collect().to_dicts()
    assert len(rows) == len({row["event_id"] for row in rows}) == CALL_COUNT
    assert list(home.glob("spool/*.jsonl")) == []
    assert run_inkledger(home, "build").returncode == 0
    status = json.loads(run_inkledger(home, "report", "status", "--format", "json").stdout)
    assert (status["attempt_count"], status["quarantined_count"]) == (CALL_COUNT, 0)
