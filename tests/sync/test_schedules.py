"""The schedules of examples/schedules, each run as far as it can be without its service."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.simulator import RunningSimulator
from ingest.warehouse.report import read_status
from tests.manual.blocks import PROJECT, read_blocks
from tests.sync.conftest import KEY, record

SCHEDULES = PROJECT / "examples" / "schedules"
DAGSTER = PROJECT / ".venv-dagster" / "bin" / "python"
SERVED_FROM = "/srv/inkledger"
UNITS = ("inkledger-sync.service", "inkledger-sync.timer")


@pytest.fixture
def served(simulator: RunningSimulator, tmp_path: Path) -> Path:
    """What stands at /srv/inkledger: an environment, keys, and data with a call."""
    record(tmp_path / "data", simulator, f"Draw for {tmp_path.name}")
    (tmp_path / ".venv").symlink_to(PROJECT / ".venv")
    keys = tmp_path / "keys.env"
    keys.write_text(f"OPENROUTER_API_KEY={KEY}\nOPENROUTER_BASE_URL={simulator.base_url}\n")
    return tmp_path


def example(name: str, served: Path | None = None) -> str:
    text = (SCHEDULES / name).read_text()
    return text.replace(SERVED_FROM, str(served)) if served else text


def has_published(served: Path) -> bool:
    status = read_status(served / "data" / "warehouse.duckdb")
    return (status["attempt_count"], status["unpriced_count"]) == (1, 0)


def test_the_page_shows_the_files_as_they_are() -> None:
    shown = {
        block.title: block.text
        for block in read_blocks(PROJECT / "docs" / "operating.md")
        if block.title
    }
    assert {path.name: path.read_text() for path in SCHEDULES.iterdir() if path.is_file()} == shown


def test_systemd_finds_nothing_amiss_in_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    program = tmp_path / ".venv" / "bin" / "inkledger"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    for name in UNITS:
        (tmp_path / name).write_text(example(name, tmp_path))
    finished = subprocess.run(
        [analyze, "verify", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = [line for line in finished.stderr.splitlines() if "inkledger" in line]
    assert (finished.returncode, said) == (0, []), finished.stderr
    # It passes over what it does not know, with a word.
    (tmp_path / UNITS[0]).write_text(example(UNITS[0], tmp_path).replace("Type=", "Typ="))
    wrong = subprocess.run(
        [analyze, "verify", str(tmp_path / UNITS[0])],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Typ" in wrong.stderr


def test_the_units_say_the_same_to_a_strict_reader() -> None:
    told: dict[str, Any] = {}
    for name in UNITS:
        reader = configparser.ConfigParser(interpolation=None, strict=True)
        reader.optionxform = str  # type: ignore[assignment, method-assign]
        reader.read_string(example(name))
        told |= {
            f"{section}.{key}": value
            for section in reader
            for key, value in reader[section].items()
        }
    assert told["Service.ExecStart"] == f"{SERVED_FROM}/.venv/bin/inkledger sync"
    assert told["Service.SuccessExitStatus"] == "75"
    assert told["Service.Type"] == "oneshot"
    assert told["Install.WantedBy"] == "timers.target"


@pytest.mark.long
def test_the_line_of_the_crontab_runs_in_an_empty_environment(served: Path) -> None:
    (line,) = example("crontab", served).splitlines()
    *when, command = line.split(maxsplit=5)
    assert all(re.fullmatch(r"\*|\d+", field) for field in when)
    assert "%" not in command, "cron makes a new line of it"
    ran = subprocess.run(
        ["env", "-i", "HOME=/", "LOGNAME=nobody", "PATH=/usr/bin:/bin", "/bin/sh", "-c", command],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert has_published(served)
    assert "USD in 1 calls." in (served / "sync.log").read_text()


@pytest.mark.long
def test_the_steps_of_the_workflow_run(served: Path) -> None:
    workflow = yaml.safe_load(example("github-actions.yml", served))
    # YAML 1.1 reads `on` as true; GitHub does not.
    assert workflow[True]["schedule"] == [{"cron": "7 * * * *"}]
    (job,) = workflow["jobs"].values()
    assert job["defaults"]["run"] == {"shell": "bash", "working-directory": str(served)}
    secrets = dict(line.split("=", 1) for line in (served / "keys.env").read_text().splitlines())
    environment = {
        name: re.sub(
            r"\$\{\{ secrets\.(\w+) \}\}", lambda found: secrets.get(str(found[1]), ""), value
        )
        for name, value in job["env"].items()
    }
    assert not any("$" in value for value in environment.values())
    summary = served / "summary.md"
    for step in job["steps"]:
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=served,
            env={
                "PATH": os.environ["PATH"], "GITHUB_STEP_SUMMARY": str(summary),
                "OPENROUTER_BASE_URL": secrets["OPENROUTER_BASE_URL"], **environment,
            },
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
    assert has_published(served)
    assert "USD in 1 calls." in summary.read_text()


def test_dagster_makes_the_asset(served: Path) -> None:
    if not DAGSTER.exists():
        pytest.skip("needs make .venv-dagster/.ready, which `make test` leaves out")
    program = (
        "from dagster_definitions import definitions\n"
        "job = definitions.resolve_job_def('inkledger_sync')\n"
        "ran = job.execute_in_process()\n"
        "(made,) = ran.asset_materializations_for_node('ledger')\n"
        "(schedule,) = definitions.schedules\n"
        "print(ran.success, schedule.cron_schedule, made.metadata['cost_usd'].value)\n"
    )
    secrets = dict(line.split("=", 1) for line in (served / "keys.env").read_text().splitlines())
    ran = subprocess.run(
        [DAGSTER, "-c", program],
        env={
            "PATH": os.environ["PATH"], "HOME": str(served), "PYTHONPATH": str(SCHEDULES),
            "INKLEDGER_COMMAND": str(PROJECT / ".venv" / "bin" / "inkledger"),
            "INKLEDGER_HOME": str(served / "data"), **secrets,
        },
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    cost_usd = read_status(served / "data" / "warehouse.duckdb")["cost_usd"]
    assert ran.stdout.splitlines()[-1] == f"True 7 * * * * {cost_usd}"
    assert has_published(served)
