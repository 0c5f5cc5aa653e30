"""Every client's calls are in the ledger as on the bill: streamed or not, and however they fail."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.simulator import running_simulator
from tests.conftest import run_inkledger
from tests.landed import landed, one_per_event

CHECKOUT = Path(__file__).parents[2]
OF_OTHERS = CHECKOUT / ".venv-clients" / "bin" / "python"
"""The environment of `make .venv-clients/.ready`."""
WAYS = ["whole", "streamed", "awaited", "awaited_stream"]
FAULTS = ["", ":429", ":503", ":cut_stream", ":stall", ":silent_stall"]
KEY = "sk-or-v1-client"
CASES = [way + fault for way in WAYS for fault in FAULTS]
CASES += [f"{way}:{'error_mid_stream' if 'stream' in way else 'error_200'}" for way in WAYS]
AWAITED_CASES = [case for case in CASES if case.startswith("awaited")]
THREADED_CALLS = 8
PULLS = 10


@pytest.mark.long
@pytest.mark.parametrize(
    ("client", "python", "cases"),
    [
        pytest.param("httpx", sys.executable, CASES, id="httpx"),
        pytest.param("httpx2", sys.executable, CASES, id="httpx2"),
        pytest.param("openai", sys.executable, CASES, id="openai-3"),
        pytest.param("openai", OF_OTHERS, CASES, id="openai-2"),
        pytest.param("openrouter", sys.executable, CASES, id="openrouter"),
        pytest.param("langchain-openrouter", OF_OTHERS, CASES, id="langchain-openrouter"),
        pytest.param("pydantic-ai", OF_OTHERS, AWAITED_CASES, id="pydantic-ai"),
        pytest.param("litellm", OF_OTHERS, CASES, id="litellm"),
    ],
)
def test_a_clients_calls_are_in_the_ledger_as_on_the_bill(
    client: str, python: Path | str, cases: list[str], tmp_path: Path
) -> None:
    assert_calls_are_as_billed(client, python, cases, tmp_path)


def assert_calls_are_as_billed(
    client: str, python: Path | str, cases: list[str], tmp_path: Path
) -> None:
    """Make the calls in the environment of `python` and compare the ledger with the bill."""
    with running_simulator() as simulator, running_simulator(seed=11) as elsewhere:
        finished = subprocess.run(
            [python, CHECKOUT / "tests" / "clients" / "calls.py", client, *cases],
            env={
                **os.environ,
                "PYTHONPATH": str(CHECKOUT),
                "OPENROUTER_BASE_URL": simulator.base_url,
                "OPENROUTER_API_KEY": KEY,
                "ELSEWHERE": elsewhere.base_url,
                "INKLEDGER_HOME": str(tmp_path),
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            },
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        ended = json.loads(finished.stdout.splitlines()[-1])
        billed = {row["id"]: Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]}
        rows = one_per_event(landed(tmp_path))
        keys = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_MANAGEMENT_KEY": "sk-or-v1-management"}
        where = {"OPENROUTER_BASE_URL": simulator.base_url}
        for _ in range(PULLS):
            # The provider's records come some seconds after the calls.
            settled = run_inkledger(tmp_path, "pull", "settlements", **where, **keys)
            assert settled.returncode == 0, settled.stderr
            settlements = landed(tmp_path, "settlements")
            known = {row["generation_id"] for row in [*rows, *settlements]}
            if known >= billed.keys():
                break
            time.sleep(2)
        assert len(elsewhere.bill()["generations"]) == 1

    assert ended["elsewhere"] is None
    told = [row["generation_id"] for row in rows]
    matched = [row["generation_id"] for row in settlements if row["event_id"] is not None]
    ids = Counter(filter(None, told + matched))
    assert ids.keys() >= billed.keys()
    assert set(ids.values()) == {1}
    costs = {row["generation_id"]: row["reported_cost_usd"] for row in rows}
    costs |= {row["generation_id"]: row["total_cost_usd"] for row in settlements}
    assert {key: costs[key] for key in billed} == billed

    for case in cases:
        attempts = sorted(
            (row for row in rows if row["ebook_id"] == case), key=lambda row: row["started_at"]
        )
        assert attempts, case
        assert {row["is_streamed"] for row in attempts} == {
            case.partition(":")[0].endswith(("streamed", "stream"))
        }, case
        assert {row["operation_id"] for row in attempts} == {attempts[0]["operation_id"]}, case
        assert [row["attempt_number"] for row in attempts] == [*range(1, len(attempts) + 1)], case
        if ":" not in case:
            assert ended[case] is None
            assert [row["status"] for row in attempts] == ["succeeded"]
        else:
            assert attempts[0]["status"] in ("failed", "cancelled"), case
    if "whole" in cases:
        assert len([row for row in rows if row["ebook_id"] is None]) == THREADED_CALLS
