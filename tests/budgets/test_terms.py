"""Arguments that make no limit are refused in one sentence; a budget travels as its terms."""

import copy
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest import Budget, Recorder, UsageError
from ingest.budgets.scope import hash_of

KEY = "sk-or-v1-secretkey"


@pytest.mark.parametrize(
    "wrong",
    [
        {"usd": 5.0},
        {"usd": "five"},
        {"usd": "-1"},
        {"usd": "NaN"},
        {"usd": "Infinity"},
        {"usd": "1e300"},
        {"usd": True},
        {"usd": None},
        {"usd": "5", "per": "week"},
        {"usd": "5", "soft_limit": "80"},
        {"usd": "5", "soft_limit": "80%"},
        {"usd": "5", "soft_limit": 0},
        {"usd": "5", "soft_limit": 0.8},
        {"usd": "5", "unknown_call_usd": 0.5},
        {"usd": "5", "ebook_id": ""},
        {"usd": "5", "ebook_id": 7},
        {"usd": "5", "ebook_id": "unattributed"},
        {"usd": "5", "run_id": ""},
        {"usd": "5", "api_key": ""},
        {"usd": "5", "api_key": " "},
        {"usd": "5", "api_key_hash": KEY},
        {"usd": "5", "api_key": KEY, "api_key_hash": hash_of(KEY)},
        {"usd": "5", "output_tokens": 0},
        {"usd": "5", "output_tokens": 1e3},
        {"usd": "5", "refresh_seconds": -1},
        {"usd": "5", "refresh_seconds": float("nan")},
    ],
    ids=str,
)
def test_what_makes_no_limit_is_refused_in_one_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"budget|amount|share|SHA-256|seconds") as refused:
        Budget(**wrong)
    assert "secretkey" not in str(refused.value)


def test_zero_is_a_limit(tmp_path: Path) -> None:
    budget = Budget("0", soft_limit=1)
    Recorder(tmp_path, budgets=[budget])
    assert budget.committed_usd == budget.limit_usd == 0


def unpickled(budget: Budget) -> Any:
    return pickle.loads(pickle.dumps(budget))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, unpickled])
def test_a_copy_has_the_terms_and_holds_nothing(copied: Any, tmp_path: Path) -> None:
    budget = Budget("5", ebook_id="forest", api_key=KEY, per="day", soft_limit="0.8")
    Recorder(tmp_path / "one", budgets=[budget])
    another = copied(budget)
    assert another.terms == budget.terms
    assert b"secretkey" not in pickle.dumps(budget)
    Recorder(tmp_path / "another", budgets=[another])
    assert another.committed_usd == Decimal(0)


def test_a_budget_without_a_recorder_knows_nothing() -> None:
    with pytest.raises(UsageError, match="Recorder"):
        _ = Budget("5").committed_usd


def test_the_same_budget_given_twice_is_refused(tmp_path: Path) -> None:
    budget = Budget("5")
    with pytest.raises(UsageError, match="twice"):
        Recorder(tmp_path, budgets=[budget, budget])


def test_a_budget_per_run_is_asked_inside_a_run(tmp_path: Path) -> None:
    budget = Budget("5", per="run")
    Recorder(tmp_path, budgets=[budget])
    with pytest.raises(UsageError, match="production_run"):
        _ = budget.committed_usd


def test_the_same_home_may_be_written_in_two_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    budget = Budget("5")
    Recorder("home", budgets=[budget])
    Recorder(tmp_path / "home", budgets=[budget])
