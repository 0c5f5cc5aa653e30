"""Runs the `inkledger` command, for what the app does not do by itself."""

import os
import subprocess
import sys
from pathlib import Path

from app.home import published_warehouse

_PROJECT = Path(__file__).parents[1]
_FAILED = "The command ended without a word; the log of the server has more."


def run_inkledger(
    *arguments: str, seconds: float | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command as a process of its own, on the folder of what is published."""
    return subprocess.run(
        [sys.executable, "-m", "ingest.command", *arguments],
        cwd=_PROJECT,
        env={**os.environ, "INKLEDGER_HOME": str(published_warehouse().parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def last_sentence(finished: "subprocess.CompletedProcess[str]") -> str:
    """The last thing that the command said, which is its one sentence about the error."""
    said = [line for line in finished.stderr.splitlines() if line.strip()]
    return said[-1].removeprefix("inkledger: ") if said else _FAILED
