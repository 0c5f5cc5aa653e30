"""Every example runs as it stands, and what it spends is in the ledger to the last digit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.simulator import running_simulator
from tests.landed import landed

OF_THEIR_OWN = {"budget_webhook"}
"""Examples of more than a client, with tests of their own."""
CHECKOUT = Path(__file__).parents[2]
OF_OTHERS = {"langchain_model", "litellm_completion", "pydantic_agent"}
"""Examples whose client is not in the project's own environment, but in `.venv-clients`."""
EXAMPLES = [
    path for path in sorted((CHECKOUT / "examples").glob("*.py")) if path.stem not in OF_THEIR_OWN
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_what_an_example_spends_is_what_the_bill_says(example: Path, tmp_path: Path) -> None:
    with running_simulator() as simulator:
        environment = {
            **os.environ,
            "OPENROUTER_API_KEY": "sk-or-v1-example",
            "OPENROUTER_BASE_URL": simulator.base_url,
            "INKLEDGER_HOME": str(tmp_path),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "PYTHONPATH": str(CHECKOUT),
        }
        others = CHECKOUT / ".venv-clients" / "bin" / "python"
        finished = subprocess.run(
            [others if example.stem in OF_OTHERS else sys.executable, str(example)],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        bill = {row["id"]: row["cost_usd"] for row in simulator.bill()["generations"]}
    rows = landed(tmp_path)
    assert len(bill) >= 2
    assert {row["generation_id"] for row in rows} == bill.keys()
    assert len(rows) == len(bill)
    for row in rows:
        assert row["ebook_id"] == "forest-animals"
        assert format(row["reported_cost_usd"].normalize(), "f") == bill[row["generation_id"]]


@pytest.mark.parametrize(
    "example", sorted((CHECKOUT / "examples").glob("*.py")), ids=lambda path: path.stem
)
def test_an_example_without_a_key_asks_for_one_in_a_sentence(example: Path, tmp_path: Path) -> None:
    keyless = {name: value for name, value in os.environ.items() if name != "OPENROUTER_API_KEY"}
    others = CHECKOUT / ".venv-clients" / "bin" / "python"
    finished = subprocess.run(
        [others if example.stem in OF_OTHERS else sys.executable, str(example)],
        env={
            **keyless,
            "INKLEDGER_HOME": str(tmp_path),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "PYTHONPATH": str(CHECKOUT),
        },
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == "Set OPENROUTER_API_KEY to your key.\n"
