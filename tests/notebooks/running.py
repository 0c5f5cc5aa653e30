"""Runs a notebook as a script, and asks the warehouse that it read."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.py"))


def run(name: str, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """In a folder of its own: a notebook finds what it needs wherever it is started."""
    return subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), *(["--", *arguments] if arguments else [])],
        env={**os.environ, "INKLEDGER_HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def said(name: str, home: Path, *arguments: str) -> list[str]:
    """The lines that it prints, when it prints nothing else and fails in nothing."""
    finished = run(name, home, *arguments)
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout.splitlines()


def query(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def shortest(amount: Decimal) -> str:
    """All digits and no more."""
    return f"{amount.normalize():f}"
