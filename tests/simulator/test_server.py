"""The server itself: where it listens, how it ends."""

import signal
import socket
import subprocess
import sys
import threading

import httpx
import pytest

from ingest.errors import UsageError
from ingest.simulator import running_simulator, serve
from tests.simulator.conftest import client_of
from tests.simulator.exchanges import CLAUDE, chat_body

SERVE = """
from ingest.simulator import serve
try:
    serve(0, 7, "none", 0.0, lambda url: print(url, flush=True))
except KeyboardInterrupt:
    print("ended")
"""


def test_ctrl_c_ends_serving_and_reaches_whoever_began_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        with httpx.Client() as client:
            assert client.get(base_url + "/models").status_code == 200
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "ended\n", "")


def test_a_taken_port_is_named_and_nothing_is_announced() -> None:
    announced: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} cannot be used"):
            serve(port, 7, "none", 0.0, announced.append)
    assert announced == []


def test_a_port_that_cannot_exist_is_named() -> None:
    with pytest.raises(UsageError, match="Port 70000"):
        serve(70_000, 7, "none", 0.0, print)


def test_a_negative_latency_is_refused() -> None:
    with pytest.raises(UsageError, match="-1"), running_simulator(latency_seconds=-1):
        pass


def test_the_bill_can_be_read_after_the_server_has_gone() -> None:
    with running_simulator() as simulator, client_of(simulator) as client:
        client.post("/chat/completions", json=chat_body(CLAUDE))
    assert len(simulator.bill()["generations"]) == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.base_url + "/models")


def test_a_stalled_reply_does_not_keep_the_server_from_ending() -> None:
    ended = threading.Event()
    with running_simulator() as simulator:
        waiting = threading.Thread(target=_wait_for_stalled_reply, args=(simulator.base_url, ended))
        waiting.start()
        while not simulator.bill()["generations"]:
            ended.wait(0.01)
        assert not ended.is_set()
    waiting.join()
    assert ended.is_set()


def _wait_for_stalled_reply(base_url: str, ended: threading.Event) -> None:
    headers = {"Authorization": "Bearer sk-or-v1-test", "X-Simulate-Fault": "stall"}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(
            f"{base_url}/chat/completions", json=chat_body(CLAUDE), headers=headers, timeout=600
        )
    ended.set()
