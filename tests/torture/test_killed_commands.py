"""A build killed at random instants, and run again: the data is what one quiet run leaves.

What takes less time than an interpreter to begin is killed at each of its steps instead, in
test_killed_at_each_step.py: of random kills none fell into the work of `seal` and `import`.
"""

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


@pytest.mark.long
def test_a_build_killed_at_any_instant_and_run_again_loses_and_doubles_nothing(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    record_calls(tmp_path)
    chance = random.Random(int(request.config.getoption("--kill-seed")))
    for _ in range(5):
        run_and_kill(tmp_path, ["build"], chance.uniform(1.0, 9.0))
    finished = run_inkledger(tmp_path, "build")
    assert finished.returncode == 0, finished.stderr
    rows = Lake(Home(tmp_path).lake).scan("usage_events").collect().to_dicts()
    assert len(rows) == len({row["event_id"] for row in rows}) == CALL_COUNT
    assert list(tmp_path.glob("spool/*.jsonl")) == []
    status = json.loads(run_inkledger(tmp_path, "report", "status", "--format", "json").stdout)
    assert (status["attempt_count"], status["quarantined_count"]) == (CALL_COUNT, 0)
