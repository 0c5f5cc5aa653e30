"""What `make audit` says of a lock, with pip-audit itself and a service on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.audit import audit

LOCK = "\n".join(f"{name}==1.0 --hash=sha256:{'0' * 64}" for name in ("leaky", "sound")) + "\n"
LEAK = {
    "id": "PYSEC-2026-1",
    "affected": [
        {
            "package": {"name": "leaky", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


class Service(BaseHTTPRequestHandler):
    """Knows of one vulnerability, as osv.dev tells it."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = {"vulns": [LEAK]} if asked["package"]["name"] == "leaky" else {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def test_a_vulnerability_fails_and_an_unreachable_service_only_says_so(
    tmp_path: Path, service: str
) -> None:
    lock = tmp_path / "requirements.lock"
    options = ("--vulnerability-service", "osv", "--osv-url")
    lock.write_text(LOCK)
    code, said = audit(lock, *options, service)
    assert (code, said.splitlines()) == (
        1,
        ["leaky 1.0: PYSEC-2026-1, mended in 1.1", "2 packages audited; vulnerabilities: 1."],
    )
    code, said = audit(lock, *options, "http://127.0.0.1:9/v1/query")
    assert code == 0
    assert said.startswith("NOT AUDITED: ")
    lock.write_text("leaky==1.0 --hash=nonsense\n")
    assert audit(lock, *options, service)[0] == 1
