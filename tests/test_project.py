"""What the repository promises about itself."""

import itertools
import re
import tomllib
from pathlib import Path

from ingest.command.main import inkledger

PROJECT = Path(__file__).parents[1]


def test_the_lock_holds_hashes_and_names_no_host() -> None:
    lock = (PROJECT / "requirements.lock").read_text()
    assert "://" not in lock
    pins = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins
    assert all("==" in pin for pin in pins)
    assert lock.count("--hash=sha256:") >= len(pins)


def test_no_lock_that_would_name_the_registry_is_committed() -> None:
    assert not (PROJECT / "uv.lock").exists()


def test_every_requirement_is_in_the_lock() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = itertools.chain.from_iterable(project["optional-dependencies"].values())
    wanted = [*project["dependencies"], *extras]
    lock = (PROJECT / "requirements.lock").read_text()
    for requirement in wanted:
        name = requirement.split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip()
        assert f"\n{name}==" in f"\n{lock}", f"{name} is not locked: run `make lock`"


def test_every_command_the_readme_names_exists() -> None:
    readme = (PROJECT / "README.md").read_text()
    named = set(re.findall(r"(?:bin/|`)inkledger ([a-z]+)", readme))
    assert named
    assert named <= set(inkledger.commands)
