"""The README's programs run, against the simulated OpenRouter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.lake import Lake
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import running_simulator

PROJECT = Path(__file__).parents[2]
PROGRAMS = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
CALL = """
hello = [{"role": "user", "content": "Hello"}]
client.chat.completions.create(model="google/gemini-2.5-flash", messages=hello)
"""


def _run(program: str, base_url: str, home: Path) -> str:
    environment = {
        **os.environ,
        "OPENROUTER_API_KEY": "sk-or-v1-readme",
        "OPENAI_API_KEY": "sk-or-v1-readme",
        "OPENROUTER_BASE_URL": base_url,
        "INKLEDGER_HOME": str(home),
    }
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_readme_has_two_programs() -> None:
    assert len(PROGRAMS) == 2


def test_the_program_with_our_client_prints_what_the_drawing_cost(tmp_path: Path) -> None:
    with running_simulator() as simulator:
        printed = _run(PROGRAMS[0], simulator.base_url, tmp_path)
        (billed,) = simulator.bill()["generations"]
    assert printed.split() == [billed["id"], billed["cost_usd"], "1"]


@pytest.mark.parametrize("program", PROGRAMS[1:])
def test_the_program_with_another_client_is_recorded(tmp_path: Path, program: str) -> None:
    with running_simulator() as simulator:
        here = program.replace("https://openrouter.ai/api/v1", simulator.base_url)
        _run(here + CALL, simulator.base_url, tmp_path)
        (billed,) = simulator.bill()["generations"]
    seal(Home(tmp_path))
    recorded = Lake(Home(tmp_path).lake).scan("usage_events").collect()
    assert recorded["generation_id"].to_list() == [billed["id"]]
