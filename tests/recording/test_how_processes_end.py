"""However a process is begun and ended, its calls are in the ledger as on the bill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.simulator import RunningSimulator, running_simulator
from tests.landed import landed

BEGINNING = """
import multiprocessing, os, sys, threading
import httpx
from ingest import Recorder

URL = os.environ["OPENROUTER_BASE_URL"] + "/chat/completions"
recorder = Recorder()
http = httpx.Client(transport=recorder.transport(), headers={"Authorization": "Bearer sk-or-v1-x"})

def call(model="openai/gpt-5-nano"):
    message = {"role": "user", "content": f"{os.getpid()} {threading.get_ident()}"}
    http.post(URL, json={"model": model, "messages": [message]}, timeout=30).raise_for_status()

def prefork(count):
    for _ in range(count):
        if os.fork() == 0:
            call()
            call()
            os._exit(0)
    for _ in range(count):
        os.wait()

def spawn(count):
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=call) for _ in range(count)]
    for child in children:
        child.start()
    for child in children:
        child.join()

if __name__ == "__main__":
"""
ENDS = {
    "it comes to its end without a close": ("call()", 1),
    "it exits": ("call(); sys.exit(3)", 1),
    "it exits at once": ("call(); os._exit(0)", 1),
    "it fails": ("call(); raise RuntimeError", 1),
    "a thread outlives the main one": ("threading.Thread(target=call).start()", 1),
    "workers are forked before any call": ("prefork(3)", 6),
    "workers are spawned": ("call(); spawn(2)", 3),
    "it is closed and goes on": ("call(); recorder.close(); call()", 2),
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as simulator:
        yield simulator


def begin(home: Path, simulator: RunningSimulator, ending: str) -> "subprocess.Popen[bytes]":
    script = home.parent / "program.py"
    script.write_text(f"{BEGINNING}    {ending}\n")
    environment = {
        "INKLEDGER_HOME": str(home),
        "OPENROUTER_BASE_URL": simulator.base_url,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )


def billed(simulator: RunningSimulator) -> set[Any]:
    return {row["id"] for row in simulator.bill()["generations"]}


@pytest.mark.parametrize("how", ENDS)
def test_every_call_of_a_process_is_kept_when(
    how: str, home: Path, simulator: RunningSimulator
) -> None:
    ending, call_count = ENDS[how]
    before = billed(simulator)
    begin(home, simulator, ending).wait(60)
    rows = landed(home)
    assert {row["status"] for row in rows} == {"succeeded"}
    assert len(rows) == call_count
    assert {row["generation_id"] for row in rows} == billed(simulator) - before


@pytest.mark.parametrize("fault", ["stall", "silent_stall"])
def test_ctrl_c_leaves_a_cancelled_call(
    fault: str, home: Path, simulator: RunningSimulator
) -> None:
    program = begin(home, simulator, f'call("openai/gpt-5-nano#fault={fault}")')
    deadline = time.monotonic() + 20
    lines_expected = 2 if fault == "stall" else 1
    while time.monotonic() < deadline:
        text = "".join(path.read_text() for path in home.glob("spool/*.jsonl"))
        if text.count("\n") >= lines_expected:
            break
        time.sleep(0.05)
    time.sleep(0.3)
    program.send_signal(signal.SIGINT)
    program.wait(20)
    (row,) = landed(home)
    assert (row["status"], row["error_type"]) == ("cancelled", "KeyboardInterrupt")
    assert (row["generation_id"] is not None) == (fault == "stall")
