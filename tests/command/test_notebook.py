"""`inkledger notebook`, as a user runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import run_inkledger

WITHOUT_MARIMO = """
import sys
sys.modules["marimo"] = None
from ingest.command.main import main
main(["notebook", "explore_costs"])
"""


def test_without_a_name_it_lists_them(tmp_path: Path) -> None:
    lines = run_inkledger(tmp_path, "notebook").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "choose_model",
        "estimate_series",
        "explore_costs",
        "reconcile_month",
    ]
    assert all(len(line.split("  ", 1)[1].strip()) > 20 for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["novel", "../app/main", "notebooks/explore_costs.py"])
def test_a_name_that_is_none_is_told_the_names(tmp_path: Path, name: str) -> None:
    finished = run_inkledger(tmp_path, "notebook", name)
    assert finished.returncode == 2
    assert finished.stderr == (
        f"inkledger: There is no notebook {name!r}; they are choose_model, estimate_series,"
        " explore_costs, reconcile_month.\n"
    )


def test_without_marimo_it_says_what_to_install() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WITHOUT_MARIMO],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr == (
        "inkledger: This needs marimo, which is not installed: "
        "pip install 'inkledger[notebooks]'.\n"
    )


@pytest.mark.parametrize("mode", [["--app"], []])
def test_it_answers_here_alone_and_only_with_its_token(demo_home: Path, mode: list[str]) -> None:
    command = ["notebook", "explore_costs", "--home", str(demo_home), "--no-browser", *mode]
    with subprocess.Popen(
        [sys.executable, "-m", "ingest.command", *command],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = next(filter(None, (re.search(r"http://\S+", x) for x in server.stdout)))[0]
            bare, _, token = address.partition("?access_token=")
            assert re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d+", bare)
            assert token
            local = bare.replace("localhost", "127.0.0.1")
            stranger = httpx.get(local, follow_redirects=True)
            assert "/auth/login" in str(stranger.url)
            assert httpx.get(f"{local}/api/usage").status_code == 401
            guest = httpx.get(f"{local}?access_token={token}", follow_redirects=True)
            assert guest.status_code == 200
            assert "/auth/login" not in str(guest.url)
            assert _listening(int(local.rpartition(":")[2])) == {"0100007F"}
        finally:
            server.terminate()


def _listening(port: int) -> set[str]:
    """The addresses, in the kernel's own words, at which somebody listens on a port."""
    families = (Path(f"/proc/net/{name}") for name in ("tcp", "tcp6"))
    rows = (line.split() for path in families for line in path.read_text().splitlines()[1:])
    return {row[1][:-5] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
