"""Wrong use and failure: one sentence on stderr that says what to do, and the exit code for it."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from ingest.lake import Lake
from ingest.settings import Home
from tests.conftest import run_inkledger
from tests.pull.providers import attempt, land_attempts


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["reprot"], 2, "Did you mean one of: 'export', 'report'"),
        (["report"], 2, "status, ebooks, stages, reconciliation"),
        (["report", "status", "--format", "xml"], 2, "'table', 'json', 'csv'"),
        (["report", "status"], 1, "run `inkledger build`"),
        (["pull", "settlements"], 2, "OPENROUTER_API_KEY"),
        (["pull", "activity"], 2, "OPENROUTER_MANAGEMENT_KEY"),
        (["demo", "--ebooks", "0"], 2, "1<=x<=200"),
        (["import", "activity", "missing.csv"], 1, "missing.csv"),
        (["serve", "--port", "0"], 2, "1<=x<=65535"),
        (["simulate", "--latency", "nan"], 2, "no number of seconds"),
        (["simulate", "--latency", "inf"], 2, "no number of seconds"),
        (["simulate", "--latency", "-1"], 2, "x>=0"),
    ],
)
def test_an_error_is_one_sentence_with_what_to_do(
    tmp_path: Path, arguments: list[str], exit_code: int, words: str
) -> None:
    finished = run_inkledger(tmp_path, *arguments)
    assert finished.returncode == exit_code
    assert finished.stdout == ""
    assert words in finished.stderr
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.startswith("inkledger: ")


def test_a_traceback_is_shown_only_with_debug(tmp_path: Path) -> None:
    finished = run_inkledger(tmp_path, "report", "status", "--debug")
    assert finished.returncode == 1
    assert "Traceback" in finished.stderr


def test_a_command_leaves_nothing_behind_where_there_was_nothing(tmp_path: Path) -> None:
    run_inkledger(tmp_path / "home", "report", "status")
    assert not (tmp_path / "home").exists()


def test_ctrl_c_while_the_command_loads_is_one_sentence() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "ingest.command", "simulate"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().rstrip().endswith(" httpx._exceptions"):
            pass
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.endswith("inkledger: Interrupted before it began; nothing was done.\n")


def test_an_address_that_is_none_is_wrong_use(tmp_path: Path) -> None:
    finished = run_inkledger(tmp_path, "pull", "prices", OPENROUTER_BASE_URL="openrouter.ai/api/v1")
    assert finished.returncode == 2
    said = "inkledger: OPENROUTER_BASE_URL must begin with https:// or http://: mend it.\n"
    assert finished.stderr == said


def test_ctrl_c_ends_a_simulator_with_the_code_of_an_interruption() -> None:
    command = [sys.executable, "-m", "ingest.command", "simulate"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().strip()
        while httpx.get(f"{address}/models").status_code != 200:
            pass
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert said.strip() == "inkledger: Interrupted; what was recorded and landed until now stays."


def test_an_address_where_nobody_listens_is_given_up_soon_and_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1"
    began = time.monotonic()
    finished = run_inkledger(tmp_path, "pull", "prices", OPENROUTER_BASE_URL=address)
    assert time.monotonic() - began < 30
    assert finished.returncode == 1
    # What others know of prices needs no connection.
    assert finished.stdout.endswith(" earlier prices, of genai-prices.\n")
    assert finished.stderr.startswith(f"inkledger: {address} cannot be reached (")
    assert finished.stderr.endswith("): is OPENROUTER_BASE_URL right?\n")


def test_a_file_of_the_lake_that_is_spoilt_inside_is_named(tmp_path: Path) -> None:
    lake = Lake(Home(tmp_path).lake)
    land_attempts(lake, *[attempt(f"gen-{number}") for number in range(50)])
    (path,) = lake.root.rglob("*.parquet")
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) // 2) + content[4 + len(content) // 2 :])
    keys = {"OPENROUTER_API_KEY": "sk-or-v1-test", "OPENROUTER_MANAGEMENT_KEY": ""}
    finished = run_inkledger(tmp_path, "pull", "settlements", **keys)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == (
        f"inkledger: {path} is spoilt inside: bring it back from a backup, or move it out of the "
        "lake and lose its rows.\n"
    )
