"""The webhook of the example is told, tried again, and its address is said nowhere."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ingest.simulator import running_simulator

EXAMPLE = Path(__file__).parents[2] / "examples" / "budget_webhook.py"
SECRET = "T000-B000-secretOfTheWebhook"


class Webhook(BaseHTTPRequestHandler):
    """Refuses as often as its server was told, then takes what comes."""

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        time.sleep(self.server.delay_seconds)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(json.loads(body))
        is_refused = len(self.server.bodies) <= self.server.refused_count
        self.send_response(503 if is_refused else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Server(HTTPServer):
    """Keeps what was posted."""

    bodies: list[dict[str, str]]
    refused_count: int
    delay_seconds: float = 0


@pytest.fixture
def webhook() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Webhook) as server:
        server.bodies = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("refused_count", "is_told"), [(0, True), (2, True), (9, False)])
def test_the_webhook_is_told_once_and_its_address_never(
    webhook: Server, tmp_path: Path, refused_count: int, is_told: bool
) -> None:
    webhook.refused_count = refused_count
    said = run_example(f"http://127.0.0.1:{webhook.server_port}/{SECRET}", tmp_path)
    assert len(webhook.bodies) == min(refused_count, 2) + 1
    (text,) = {body["text"] for body in webhook.bodies}
    assert text.endswith("of 5.00 USD are spent or held for ebook forest-animals.")
    assert SECRET not in said
    assert ("No webhook was told: HTTPError" in said) is not is_told


@pytest.mark.parametrize("url", [f"http://127.0.0.1:9/{SECRET}", f"no-address-{SECRET}"])
def test_a_webhook_that_is_down_or_no_address_breaks_no_call_and_is_not_quoted(
    url: str, tmp_path: Path
) -> None:
    said = run_example(url, tmp_path)
    assert "No webhook was told" in said
    assert SECRET not in said


def test_a_webhook_that_hangs_delays_no_call(webhook: Server, tmp_path: Path) -> None:
    webhook.refused_count, webhook.delay_seconds = 0, 3
    said = run_example(f"http://127.0.0.1:{webhook.server_port}/{SECRET}", tmp_path)
    assert "No webhook was told" not in said
    (first, second) = (float(line.split()[1]) for line in said.splitlines() if "took" in line)
    assert first < 2
    assert second < 1


def run_example(url: str, home: Path) -> str:
    """What the example prints and logs, everything that a library logs included."""
    program = (
        "import logging, runpy, sys, time, ingest\n"
        "logging.basicConfig(level=logging.DEBUG)\n"
        "chat = ingest.OpenRouter.chat\n"
        "def timed(*arguments, **named):\n"
        "    began_at = time.perf_counter(); reply = chat(*arguments, **named)\n"
        "    print('took', time.perf_counter() - began_at); return reply\n"
        "ingest.OpenRouter.chat = timed\n"
        "runpy.run_path(sys.argv[1])"
    )
    with running_simulator() as simulator:
        environment = {
            **os.environ,
            "OPENROUTER_API_KEY": "sk-or-v1-example",
            "OPENROUTER_BASE_URL": simulator.base_url,
            "INKLEDGER_HOME": str(home),
            "BUDGET_WEBHOOK_URL": url,
        }
        finished = subprocess.run(
            [sys.executable, "-c", program, str(EXAMPLE)],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        assert len(simulator.bill()["generations"]) == 2
    said = finished.stdout + finished.stderr
    assert "sk-or-v1-example" not in said
    return said
