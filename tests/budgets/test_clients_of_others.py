"""A refused call is told by every client, and asked again by one only, as the docs say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THEIRS = str(ROOT / ".venv-clients" / "bin" / "python")


@pytest.mark.long
@pytest.mark.parametrize(
    ("python", "client", "way", "asked_count", "error"),
    [
        (sys.executable, "Httpx", "whole", 1, "BudgetExceeded"),
        (sys.executable, "Httpx2", "awaited_stream", 1, "BudgetExceeded"),
        (sys.executable, "OpenAi", "whole", 1, "BudgetExceeded"),
        (sys.executable, "OpenAi", "awaited_stream", 1, "BudgetExceeded"),
        (sys.executable, "OpenRouter", "whole", 1, "BudgetExceeded"),
        (sys.executable, "OpenRouter", "awaited_stream", 1, "BudgetExceeded"),
        (THEIRS, "OpenAi", "whole", 3, "APIConnectionError"),
        (THEIRS, "LangChain", "streamed", 1, "BudgetExceeded"),
        (THEIRS, "PydanticAi", "awaited", 3, "ModelAPIError"),
        (THEIRS, "LiteLlm", "whole", 1, "APIConnectionError"),
        (THEIRS, "LiteLlm", "awaited", 1, "APIConnectionError"),
    ],
    ids=lambda value: "theirs" if value == THEIRS else str(value).rpartition("/")[2],
)
def test_a_refused_call_is_told_by_every_client(
    python: str, client: str, way: str, asked_count: int, error: str
) -> None:
    environment = {
        **os.environ,
        "OPENROUTER_API_KEY": "sk-or-v1-test",
        "OPENROUTER_BASE_URL": "http://127.0.0.1:9/api/v1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    finished = subprocess.run(
        [python, "-m", "tests.budgets.refused", client, way],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(finished.stdout.splitlines()[-1])
    assert (told["asked_count"], told["errors"][0]) == (asked_count, error)
    assert "BudgetExceeded" in told["errors"]
