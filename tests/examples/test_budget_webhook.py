"""The webhook of the example is told, tried again, and its address is said nowhere."""

import json
import os
import subprocess
import sys
import threading
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
        body = self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Server)
        self.server.bodies.append(json.loads(body))
        is_refused = len(self.server.bodies) <= self.server.refused_count
        self.send_response(503 if is_refused else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Server(HTTPServer):
    """Keeps what was posted."""

    bodies: list[dict[str, str]]
    refused_count: int


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
    with running_simulator() as simulator:
        environment = {
            **os.environ,
            "OPENROUTER_API_KEY": "sk-or-v1-example",
            "OPENROUTER_BASE_URL": simulator.base_url,
            "INKLEDGER_HOME": str(tmp_path),
            "BUDGET_WEBHOOK_URL": f"http://127.0.0.1:{webhook.server_port}/{SECRET}",
        }
        finished = subprocess.run(
            [sys.executable, str(EXAMPLE)],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        assert len(simulator.bill()["generations"]) == 2
    assert len(webhook.bodies) == min(refused_count, 2) + 1
    (text,) = {body["text"] for body in webhook.bodies}
    assert text.endswith("of 5.00 USD are spent for ebook forest-animals.")
    said = finished.stdout + finished.stderr
    assert SECRET not in said
    assert ("No webhook was told: HTTPStatusError" in said) is not is_told
