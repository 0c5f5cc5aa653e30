"""The dashboard's own server, and a real browser to look at it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stamina
from playwright.sync_api import Browser, sync_playwright

PROJECT = Path(__file__).parents[2]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def dashboard(demo_home: Path) -> Iterator[str]:
    """Address of a dashboard that runs as `inkledger serve` runs it, on the demo's data."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "app.server", "--port", str(port)],
        cwd=PROJECT,
        env={**os.environ, "INKLEDGER_HOME": str(demo_home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(address, server)
        yield address
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless; its pages speak to the dashboard only."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("there is no Chromium to look at the pages with: install `chromium`")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures go: the folder given with `--screenshots`, or else one that is thrown away."""
    folder = Path(request.config.getoption("--screenshots") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _wait_until_it_answers(address: str, server: "subprocess.Popen[bytes]") -> None:
    for attempt in stamina.retry_context(
        on=httpx.TransportError, attempts=None, timeout=60, wait_initial=0.1, wait_jitter=0
    ):
        with attempt:
            assert server.poll() is None, "the dashboard's server ended before it answered"
            httpx.get(f"{address}/_stcore/health", timeout=2)
