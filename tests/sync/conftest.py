"""A home with calls of a day, an OpenRouter that billed them, and a webhook that listens."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest import OpenRouter, Recorder, attribute
from ingest.simulator import RunningSimulator, running_simulator

KEY = "sk-or-v1-sync"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    instant = (0.0, 0.0)
    with running_simulator(
        settlement_delay_seconds=instant, interrupted_delay_seconds=instant
    ) as running:
        yield running


def record(home: Path, simulator: RunningSimulator, *prompts: str) -> None:
    """Make paid calls for one ebook."""
    with (
        Recorder(home, base_url=simulator.base_url) as recorder,
        OpenRouter(KEY, base_url=simulator.base_url, recorder=recorder) as client,
        attribute(ebook_id="forest-animals"),
    ):
        recorder.describe_ebook("forest-animals", title="Forest Animals")
        for prompt in prompts:
            client.chat(model="openai/gpt-5-nano", messages=[{"role": "user", "content": prompt}])


@dataclass
class Webhook:
    """Answers with the statuses it is given, then with 200, and keeps what it was told."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    listening = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = listening.statuses.pop(0) if listening.statuses else 200
            if status == 200:
                listening.told.append(json.loads(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        listening.url = f"http://127.0.0.1:{server.server_port}/services/s3cr3t"
        yield listening
        server.shutdown()
        thread.join()
