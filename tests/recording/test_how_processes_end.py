"""However a process is begun and ended, its calls are in the ledger as on the bill."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.recording.recorder import Recorder
from ingest.recording.runs import production_run
from ingest.simulator import RunningSimulator, running_simulator
from tests.landed import landed
from tests.recording.conftest import BASE_URL

BEGINNING = """
import concurrent.futures, multiprocessing, os, sys, threading
import httpx
from ingest import Recorder

URL = os.environ["OPENROUTER_BASE_URL"] + "/chat/completions"
recorder = Recorder()
http = httpx.Client(transport=recorder.transport(), headers={"Authorization": "Bearer sk-or-v1-x"})

def call_apart(_=None):
    global http
    http = httpx.Client(transport=recorder.transport(), headers=http.headers)
    call()

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

def pool(kind):
    with multiprocessing.get_context(kind).Pool(3) as workers:
        workers.map(call_apart, range(6))

def executor(kind):
    context = multiprocessing.get_context(kind)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as workers:
        list(workers.map(call_apart, range(4)))

def fork_among_threads(count):
    calling = True
    def call_on():
        while calling:
            recorder.record_outcome("busy", "accepted")
    threads = [threading.Thread(target=call_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(count):
        if os.fork() == 0:
            call_apart()
            os._exit(0)
    for _ in range(count):
        os.wait()
    calling = False

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
    "a pool is forked": ("call(); pool('fork')", 7),
    "a pool is spawned": ("call(); pool('spawn')", 7),
    "a pool comes from a fork server": ("call(); pool('forkserver')", 7),
    "an executor forks": ("call(); executor('fork')", 5),
    "an executor spawns": ("call(); executor('spawn')", 5),
    "it forks while its threads write": ("fork_among_threads(20)", 20),
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
    assert landed(home, "quarantine") == []


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("what", ["run", "transport"])
def test_a_lock_that_a_thread_held_at_a_fork_stops_no_call_of_the_child(
    what: str, home: Path
) -> None:
    with (
        Recorder(home, base_url=BASE_URL) as recorder,
        production_run(ebook_id="forest", ledger=recorder) as run,
    ):
        transport = recorder.transport()
        lock = run._lock if what == "run" else transport._lock
        holder = threading.Thread(target=hold, args=(lock, has_it := threading.Event()))
        holder.start()
        has_it.wait()
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            run.add("line_art", None)
            transport._inner_for(httpx.Request("POST", BASE_URL))
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        holder.join()


def hold(lock: Any, has_it: threading.Event) -> None:
    with lock:
        has_it.set()
        time.sleep(1.0)


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
