"""What the whole suite shares: one demo, made once by the real command."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import pytest

from tests.postgres import Postgres, running_postgres

DEMO_SEED = 7
# A shell lets what it runs in the background ignore Ctrl-C, and their children with them.
signal.signal(signal.SIGINT, signal.default_int_handler)

Inkledger = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", metavar="DIR", help="where the browser test leaves its pictures"
    )
    parser.addoption("--kills", default="20", help="how often the torture test kills a producer")
    parser.addoption("--kill-seed", default="7", help="when it kills them")
    parser.addoption("--histories", default="1", help="how many random histories are split")
    parser.addoption("--history-seed", default="1", help="the first of them")

    parser.addoption("--long", action="store_true", help="run all tests marked long, not a third")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a third of the long tests, every day another."""
    if config.getoption("--long") or len({item.path for item in items}) == 1:
        return
    today = datetime.now(UTC).date().toordinal()
    left_out = [
        item
        for item in items
        if item.get_closest_marker("long") and (crc32(item.nodeid.encode()) + today) % 3
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def run_inkledger(
    home: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command as a user does, with its data under `home`."""
    return subprocess.run(
        [sys.executable, "-m", "ingest.command", *arguments],
        env={**os.environ, "INKLEDGER_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `inkledger demo --no-serve` leaves in INKLEDGER_HOME; what it printed lies beside it."""
    home = tmp_path_factory.mktemp("demo") / "home"
    finished = run_inkledger(home, "demo", "--no-serve", "--seed", str(DEMO_SEED))
    assert finished.returncode == 0, finished.stderr
    home.with_name("printed").write_text(finished.stderr + finished.stdout)
    return home


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of the suite's own, on a socket; skips where there is none to start."""
    with running_postgres() as server:
        yield server
