"""Programs that others begin and end: a server's workers, a notebook's kernel."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from ingest.simulator import RunningSimulator, running_simulator
from tests.clients.test_clients import CHECKOUT, OF_OTHERS
from tests.landed import landed, one_per_event

WORKERS = 3
REQUESTS = 30


def environment(home: Path, simulator: RunningSimulator) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT),
        "OPENROUTER_BASE_URL": simulator.base_url,
        "OPENROUTER_API_KEY": "sk-or-v1-client",
        "INKLEDGER_HOME": str(home),
        "STALLED": str(home.with_name("stalled")),
    }


@contextmanager
def gunicorn(home: Path, simulator: RunningSimulator) -> Iterator[httpx.Client]:
    """A server that forks its workers after the application was loaded, and forks them anew
    after some requests; ended as a service manager ends it."""
    socket = home.with_name("socket")
    command = [
        OF_OTHERS.with_name("gunicorn"), "--preload", "--workers", str(WORKERS),
        "--max-requests", "5", "--no-control-socket", "--bind", f"unix:{socket}",
        "tests.clients.served:application",
    ]  # fmt: skip
    server = subprocess.Popen(command, env=environment(home, simulator), cwd=CHECKOUT)
    try:
        while not socket.exists():
            assert server.poll() is None
            time.sleep(0.05)
        transport = httpx.HTTPTransport(uds=str(socket), retries=3)
        with httpx.Client(transport=transport, base_url="http://server", timeout=30) as http:
            yield http
    finally:
        server.terminate()
        assert server.wait(60) == 0


def test_the_forked_workers_of_a_server_lose_no_call(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_simulator() as simulator:
        with gunicorn(home, simulator) as http:
            workers = Counter(http.get(f"/{number}").text for number in range(REQUESTS))
            kill_a_worker_in_mid_call(home, http)
            workers.update(http.get(f"/after/{number}").text for number in range(REQUESTS))
        billed = {row["id"] for row in simulator.bill()["generations"]}
    rows = one_per_event(landed(home))
    assert len(workers) > WORKERS
    assert Counter(row["status"] for row in rows) == {
        "succeeded": 1 + 2 * REQUESTS,
        "in_doubt": 1,
    }
    assert {row["generation_id"] for row in rows} == billed
    assert list(home.glob("spool/*.jsonl")) == []


def kill_a_worker_in_mid_call(home: Path, http: httpx.Client) -> None:
    stalled = home.with_name("stalled")
    with ThreadPoolExecutor(1) as pool:
        request = pool.submit(http.get, "/stall")
        while not stalled.exists() or not stalled.read_text():
            time.sleep(0.05)
        time.sleep(1.0)  # By now its headers have come.
        os.kill(int(stalled.read_text()), signal.SIGKILL)
        assert isinstance(request.exception(30), httpx.RemoteProtocolError)


def test_a_notebooks_kernel_interrupted_and_restarted_loses_no_call(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_simulator() as simulator:
        finished = subprocess.run(
            [OF_OTHERS, CHECKOUT / "tests" / "clients" / "notebook.py"],
            env=environment(home, simulator),
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        time.sleep(1.0)
        billed = {row["id"] for row in simulator.bill()["generations"]}
    before, after = json.loads(finished.stdout.splitlines()[-1])
    assert after - before < 10
    rows = one_per_event(landed(home))
    # Jupyter interrupts a kernel before it ends it; one that it kills may or may not come to hear.
    ended = Counter(row["status"] for row in rows)
    assert (ended["succeeded"], ended["cancelled"] + ended["in_doubt"]) == (54, 3)
    assert {row["error_type"] for row in rows} == {None, "KeyboardInterrupt"}
    assert {row["generation_id"] for row in rows} == billed
    assert list(home.glob("spool/*.jsonl")) == []
