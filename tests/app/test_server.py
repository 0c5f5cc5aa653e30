"""The dashboard's server: what goes wrong on a page is in its log."""

import os
import socket
import subprocess
import sys

import httpx
import pytest
import stamina

from bench.visitors import visit
from tests.app.conftest import MAIN, ChangeDemo


def test_what_goes_wrong_on_a_page_is_in_the_log(change_demo: ChangeDemo) -> None:
    home = change_demo("update fct_ledger_status set first_call_at = null")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with subprocess.Popen(
        [sys.executable, "-m", "app.server", "--port", str(port)],
        cwd=MAIN.parents[1],
        env={**os.environ, "INKLEDGER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        for attempt in stamina.retry_context(on=httpx.TransportError, attempts=None, timeout=60):
            with attempt:
                httpx.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
        with pytest.raises(RuntimeError, match="an error"):
            visit(port, "", {})
        server.terminate()
        log = server.communicate(timeout=30)[1]
    assert "TypeError" in log
    assert "overview.py" in log
