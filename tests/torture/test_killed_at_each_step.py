"""A command killed at each of its steps in turn, and run again, leaves what one quiet run leaves.

Instants drawn by chance fall into the start of the interpreter, for that takes longest. Here each
change of a file is a step, and the command dies before it: made but not renamed, landed but not
removed from the spool, merged but with its sources still there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.clock import utc_now
from ingest.compact import compact
from ingest.imports.activity import import_activity
from ingest.imports.attribution_rules import AttributionRules
from ingest.lake import Lake
from ingest.recording.recorder import Recorder
from ingest.records import TABLES
from ingest.seal import seal
from ingest.settings import Home
from tests.conftest import run_inkledger
from tests.imports.exports import CALL, csv_text
from tests.landed import landed
from tests.recording.calls import answering, post
from tests.recording.conftest import BASE_URL
from tests.wire import bodies

PROGRAM = Path(__file__).with_name("killed_at_step.py")
MOST_STEPS = 60


def record_calls(home: Path) -> None:
    """Two segments, with two tables each."""
    for _ in range(2):
        with Recorder(home, base_url=BASE_URL) as recorder:
            for number in range(3):
                post(recorder, answering(bodies.CHAT))
                recorder.record_outcome(f"{number}", "accepted")


def land_many_files(home: Path) -> None:
    for _ in range(5):
        record_calls(home)
        landed(home)


def write_export(home: Path) -> None:
    home.mkdir()
    rows = [{**CALL, "generation_id": f"gen-1776283905-{number}"} for number in range(9)]
    spoilt = {**CALL, "cost_total": "much"}
    (home / "calls.csv").write_text(csv_text(*rows, spoilt))


def run_quietly(home: Path, command: list[str]) -> None:
    """In this process: another one takes longer to begin than all that it does."""
    match command:
        case ["seal"]:
            seal(Home(home))
        case ["compact", _]:
            compact(Home(home), up_to_now=True)
        case _:
            lake = Lake(Home(home).lake)
            import_activity(
                [home / "calls.csv"], lake, rules=AttributionRules(), landed_at=utc_now()
            )


COMMANDS = {
    "seal": (record_calls, ["seal"]),
    "compact": (land_many_files, ["compact", "--today"]),
    "import": (write_export, ["import", "activity", "{home}/calls.csv"]),
}


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_step_and_run_again_it_loses_and_doubles_nothing(
    name: str, tmp_path: Path
) -> None:
    prepare, command = COMMANDS[name]
    prepare(tmp_path / "prepared")
    expected = rows(copy_of(tmp_path, "quiet"), command)
    assert any(expected.values())
    steps = []
    for step in range(1, MOST_STEPS):
        home = copy_of(tmp_path, f"killed at {step}")
        killed = run(home, command, fatal_step=str(step))
        if killed.returncode == 0:
            break
        assert killed.returncode == -9, killed.stderr
        steps.append(killed.stdout.splitlines()[-1].partition(" ")[0])
        assert rows(home, command) == expected, f"{step}: {killed.stdout}"
    else:
        pytest.fail("it never came to its end")
    # The kills were inside: each kind of change that the command makes was cut off.
    wanted = {"open", "os.rename", "os.mkdir"} | ({"os.remove"} if name != "import" else set())
    assert set(steps) >= wanted


@pytest.mark.long
def test_a_build_killed_at_any_step_of_publishing_is_published_by_the_next(tmp_path: Path) -> None:
    record_calls(tmp_path)
    assert run_inkledger(tmp_path, "build").returncode == 0
    warehouse, built = tmp_path / "warehouse.duckdb", tmp_path / ".build" / "warehouse.duckdb"
    for change, is_published in {
        f"os.link {warehouse}": False,
        f"os.rename {built}": False,
        f"os.rename {built.with_name('retired.')}": True,
    }.items():
        published = warehouse.stat().st_ino
        killed = run(tmp_path, ["build"], fatal_step=change)
        assert killed.returncode == -9, killed.stderr
        assert (warehouse.stat().st_ino != published) == is_published
        assert run_inkledger(tmp_path, "report", "status").returncode == 0
    published = warehouse.stat().st_ino
    assert run_inkledger(tmp_path, "build").returncode == 0
    assert warehouse.stat().st_ino != published
    assert {path.name for path in built.parent.glob("*.duckdb")} == {built.name}


def copy_of(folder: Path, name: str) -> Path:
    return Path(shutil.copytree(folder / "prepared", folder / name))


def run(home: Path, command: list[str], *, fatal_step: str) -> "subprocess.CompletedProcess[str]":
    arguments = [word.format(home=home) for word in command]
    return subprocess.run(
        [sys.executable, PROGRAM, fatal_step, *arguments],
        env={**os.environ, "INKLEDGER_HOME": str(home)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def rows(home: Path, command: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Every table's rows after the command, without when and under which name they landed."""
    run_quietly(home, command)
    assert list((home / "spool").glob("*.jsonl")) == []
    return {table: list(_sorted(Lake(Home(home).lake), table)) for table in TABLES}


def _sorted(lake: Lake, table: str) -> Iterator[dict[str, Any]]:
    for row in sorted(lake.scan(table).collect().to_dicts(), key=str):
        yield {name: value for name, value in row.items() if name != "landed_at"}
