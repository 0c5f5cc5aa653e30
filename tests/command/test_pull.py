"""`inkledger pull` as a person and as a program see it."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.lake import Lake
from ingest.settings import Home
from ingest.simulator import RunningSimulator, running_simulator
from tests.conftest import run_inkledger
from tests.pull.providers import KEY, attempt, generate, land_attempts

MANAGEMENT_KEY = "sk-or-v1-management"


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    instant = (0.0, 0.0)
    with running_simulator(
        settlement_delay_seconds=instant, interrupted_delay_seconds=instant
    ) as running:
        yield running


def pull(
    home: Path, simulator: RunningSimulator, what: str = "settlements", **environment: str
) -> "subprocess.CompletedProcess[str]":
    keys = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_MANAGEMENT_KEY": ""}
    address = {"OPENROUTER_BASE_URL": simulator.base_url}
    return run_inkledger(home, "pull", what, **{**keys, **address, **environment})


def land(home: Path, *generation_ids: str | None) -> None:
    land_attempts(Lake(Home(home).lake), *map(attempt, generation_ids))


def test_a_pipe_gets_the_result_and_no_bar(simulator: RunningSimulator, tmp_path: Path) -> None:
    land(tmp_path, generate(simulator), generate(simulator))
    pulled = pull(tmp_path, simulator)
    assert (pulled.stdout, pulled.stderr) == ("Landed 2 settlements.\n", "")


def test_a_terminal_shows_how_far_it_is(simulator: RunningSimulator, tmp_path: Path) -> None:
    land(tmp_path, generate(simulator), generate(simulator))
    ours, theirs = pty.openpty()
    environment = {"OPENROUTER_BASE_URL": simulator.base_url, "OPENROUTER_API_KEY": KEY}
    subprocess.run(
        [sys.executable, "-m", "ingest.command", "pull", "settlements"],
        env={**os.environ, "INKLEDGER_HOME": str(tmp_path), "TERM": "xterm", **environment},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "Settling" in shown
    assert "2/2" in shown


def test_ctrl_c_ends_it_at_once_however_slow_openrouter_is(tmp_path: Path) -> None:
    with running_simulator(record_latency_seconds=20.0) as simulator:
        land(tmp_path, *(f"gen-{number}" for number in range(20)))
        environment = {"OPENROUTER_BASE_URL": simulator.base_url, "OPENROUTER_API_KEY": KEY}
        pulling = subprocess.Popen(
            [sys.executable, "-m", "ingest.command", "pull", "settlements"],
            env={**os.environ, "INKLEDGER_HOME": str(tmp_path), **environment},
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(3.0)
        begun = time.monotonic()
        pulling.send_signal(signal.SIGINT)
        _, said = pulling.communicate(timeout=60)
        assert time.monotonic() - begun < 5
    assert pulling.returncode == 130
    assert said.strip() == "inkledger: Interrupted; what was recorded and landed until now stays."


def test_without_a_management_key_one_sentence_says_what_is_left(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    land(tmp_path, generate(simulator), None, None)
    pulled = pull(tmp_path, simulator)
    assert pulled.returncode == 0
    assert pulled.stdout == "Landed 1 settlement.\n"
    assert " ".join(pulled.stderr.split()) == (
        "2 calls died without an id: set OPENROUTER_MANAGEMENT_KEY to have them looked for."
    )


def test_with_one_it_says_what_was_never_billed(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    land(tmp_path, None)
    pulled = pull(tmp_path, simulator, OPENROUTER_MANAGEMENT_KEY=MANAGEMENT_KEY)
    assert (pulled.returncode, pulled.stdout) == (0, "Landed 0 settlements.\n")
    assert "1 call died without an id and OpenRouter has no record of it:" in " ".join(
        pulled.stderr.split()
    )


def test_an_ordinary_key_in_its_place_is_told_so_and_what_was_learned_stays(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    land(tmp_path, generate(simulator), None)
    pulled = pull(tmp_path, simulator, OPENROUTER_MANAGEMENT_KEY=KEY)
    assert (pulled.returncode, pulled.stdout) == (1, "")
    assert "It must be a management key" in pulled.stderr
    assert KEY not in pulled.stderr
    assert len(Lake(Home(tmp_path).lake).scan("settlements").collect()) == 1


def test_generations_of_another_account_are_counted(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    land(tmp_path, generate(simulator, "sk-or-v1-other"), generate(simulator))
    pulled = pull(tmp_path, simulator)
    assert pulled.stdout == "Landed 1 settlement.\n"
    assert " ".join(pulled.stderr.split()) == "1 belongs to another account's key."


def test_without_any_key_nothing_is_asked(simulator: RunningSimulator, tmp_path: Path) -> None:
    for what, variable in (("settlements", "API"), ("activity", "MANAGEMENT")):
        pulled = pull(tmp_path, simulator, what, OPENROUTER_API_KEY="")
        assert pulled.returncode == 2
        assert pulled.stderr == (
            f"inkledger: No key to ask OpenRouter with: set OPENROUTER_{variable}_KEY.\n"
        )


def test_credits_are_asked_for_with_whichever_key_there_is(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    generate(simulator)
    own = pull(tmp_path, simulator, "credits")
    account = pull(tmp_path, simulator, "credits", OPENROUTER_MANAGEMENT_KEY=MANAGEMENT_KEY)
    assert (own.stdout, account.stdout) == ("Landed 1 balance.\n", "Landed 2 balances.\n")
    neither = pull(tmp_path, simulator, "credits", OPENROUTER_API_KEY="")
    assert (neither.returncode, neither.stderr.count("\n")) == (2, 1)
    assert "OPENROUTER_API_KEY" in neither.stderr


def test_activity_tells_how_many_generations_it_had_to_ask_for(tmp_path: Path) -> None:
    now = [datetime.now(UTC) - timedelta(days=1)]
    instant = (0.0, 0.0)
    with running_simulator(clock=lambda: now[0], settlement_delay_seconds=instant) as simulator:
        generate(simulator)
        now[0] += timedelta(days=1)
        key = {"OPENROUTER_MANAGEMENT_KEY": MANAGEMENT_KEY}
        first, again = (pull(tmp_path, simulator, "activity", **key) for _ in range(2))
    assert first.stdout == (
        "Landed 1 sum of a day and model.\n"
        "Landed 1 generations of 1 days on which OpenRouter counts otherwise than the ledger.\n"
    )
    assert again.stdout == "Landed 0 sums of a day and model.\n"
