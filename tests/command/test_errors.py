"""Wrong use and failure: one sentence on stderr that says what to do, and the exit code for it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import run_inkledger


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["reprot"], 2, "Did you mean 'report'?"),
        (["report"], 2, "status, ebooks, stages, reconciliation"),
        (["report", "status", "--format", "xml"], 2, "'table', 'json', 'csv'"),
        (["report", "status"], 1, "run `inkledger build`"),
        (["pull", "settlements"], 2, "OPENROUTER_API_KEY"),
        (["pull", "activity"], 2, "OPENROUTER_MANAGEMENT_KEY"),
        (["demo", "--ebooks", "0"], 2, "1<=x<=200"),
        (["import", "activity", "missing.csv"], 1, "missing.csv"),
        (["serve", "--port", "0"], 2, "1<=x<=65535"),
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
