"""What programs read: exact money in strings, counts as integers, unknown as null."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.errors import UsageError, WarehouseMissing
from ingest.warehouse.build import BuildResult
from ingest.warehouse.report import (
    read_ebooks,
    read_reconciliation,
    read_stages,
    read_status,
)


def only(row: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: row[key] for key in keys}


def test_the_status_tells_the_sum_and_what_it_lacks(built: BuildResult) -> None:
    status = read_status(built.warehouse)
    assert json.loads(json.dumps(status)) == status
    status.pop("built_at")
    status.pop("unknown_by_age")
    assert status == {
        "attempt_count": 12,
        "cost_usd": "0.721000000001",
        "unattributed_cost_usd": "0.500000000001",
        "unpriced_count": 2,
        "in_doubt_count": 1,
        "estimated_count": 0,
        "quarantined_count": 1,
        "ebook_count": 3,
        "page_count": 26,
        "cost_per_page_usd": "0.003846153846",
        "rejected_cost_usd": "0.04",
        "wasted_cost_usd": "0.05",
        "fee_share_usd": "0.038555",
        "wasted_share": "0.069348",
        "settled_count": 1,
        "untracked_usd": "0.349999999999",
        "untracked_requests": 2,
        "first_call_at": "2026-04-01T12:00:00+00:00",
        "last_call_at": "2026-04-01T12:00:00+00:00",
        "landed_at": "2026-04-07T09:00:00+00:00",
    }


def test_what_stays_unknown_is_told_by_its_age(built: BuildResult) -> None:
    *young, old = read_status(built.warehouse)["unknown_by_age"]
    assert [age["age_band"] for age in young] == [
        "under_1_hour",
        "1_hour_to_1_day",
        "1_to_7_days",
        "8_to_31_days",
    ]
    assert {age["oldest_call_at"] for age in young} == {None}
    assert old == {
        "age_band": "over_31_days",
        "unpriced_count": 2,
        "in_doubt_count": 1,
        "without_generation_count": 3,
        "oldest_call_at": "2026-04-01T12:00:00+00:00",
    }


def test_ebooks_come_dearest_first_with_those_without_calls(built: BuildResult) -> None:
    keys = ("ebook_id", "title", "cost_usd", "call_count", "page_count", "cost_per_page_usd")
    assert [tuple(only(row, *keys).values()) for row in read_ebooks(built.warehouse)] == [
        ("unattributed", None, "0.500000000001", 4, None, None),
        ("river", None, "0.121", 4, None, None),
        ("forest", "Forest animals", "0.1", 4, 2, "0.05"),
        ("planned", "Not begun", "0", 0, 24, "0"),
        ("untracked", None, "0", 0, None, None),
    ]


def test_what_is_untracked_is_the_last_line_and_of_no_ebook(built: BuildResult) -> None:
    *books, untracked = read_ebooks(built.warehouse)
    assert {book["untracked_usd"] for book in books} == {"0"}
    assert untracked["untracked_usd"] == read_status(built.warehouse)["untracked_usd"]
    assert books[0].keys() == untracked.keys()
    assert [row["ebook_id"] for row in read_ebooks(built.warehouse, "forest")] == ["forest"]


def test_an_ebook_tells_its_waste_and_its_accepted_pages(built: BuildResult) -> None:
    (forest,) = (row for row in read_ebooks(built.warehouse) if row["ebook_id"] == "forest")
    assert only(
        forest, "rejected_cost_usd", "wasted_cost_usd", "wasted_share", "accepted_page_count"
    ) == {
        "rejected_cost_usd": "0.04",
        "wasted_cost_usd": "0.05",
        "wasted_share": "0.5",
        "accepted_page_count": 0,
    }


def test_the_stages_of_one_ebook_sum_to_its_cost(built: BuildResult) -> None:
    stages = read_stages(built.warehouse, "forest")
    assert [(row["stage"], row["cost_usd"], row["call_count"]) for row in stages] == [
        ("line_art", "0.09", 2),
        ("cover", "0.01", 2),
    ]
    every_stage = sum(Decimal(row["cost_usd"]) for row in read_stages(built.warehouse))
    assert every_stage == Decimal(read_status(built.warehouse)["cost_usd"])


def test_an_ebook_that_is_not_there_is_told_from_one_that_cost_nothing(built: BuildResult) -> None:
    assert read_stages(built.warehouse, "planned") == []
    with pytest.raises(UsageError, match="There is no ebook 'forrest'"):
        read_stages(built.warehouse, "forrest")


def test_the_reconciliation_lists_the_days_that_differ(built: BuildResult) -> None:
    assert read_reconciliation(built.warehouse) == {
        "days": [
            {
                "date": "2026-04-01",
                "ledger_usd": "0.721000000001",
                "provider_usd": "0.6",
                "difference_usd": "-0.121000000001",
                "ledger_requests": 6,
                "provider_requests": 3,
                "missing_requests": -3,
                "classes": ["byok", "unexplained", "untracked_call"],
            },
            {
                "date": "2026-04-02",
                "ledger_usd": "0",
                "provider_usd": "0.25",
                "difference_usd": "0.25",
                "ledger_requests": 0,
                "provider_requests": 1,
                "missing_requests": 1,
                "classes": ["untracked_call"],
            },
        ],
        "day_count": 2,
        "balanced_day_count": 0,
        "difference_usd": "0.128999999999",
        "missing_requests": -2,
        "ledger_usd": "0.721000000001",
        "provider_usd": "0.85",
        "classes": [
            _class("untracked_call", "0.349999999999", 2, 2, is_untracked=True),
            _class("unexplained", "-0.201", -4, 1),
            _class("byok", "-0.02", 0, 1),
        ],
        "generations": [
            {
                "match": "matched",
                "generation_count": 2,
                "recorded_usd": "0.05",
                "provider_usd": "0.05",
            }
        ],
        "balances": [],
        "runs": {"run_count": 1, "agreed_count": 0, "difference_usd": "-0.01"},
        "is_balanced": False,
    }


def _class(
    name: str, amount_usd: str, requests: int, day_count: int, *, is_untracked: bool = False
) -> dict[str, Any]:
    return {
        "class": name,
        "amount_usd": amount_usd,
        "requests": requests,
        "day_count": day_count,
        "is_untracked": is_untracked,
    }


def test_without_a_warehouse_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissing, match="run `inkledger build`"):
        read_status(tmp_path / "warehouse.duckdb")


def test_a_warehouse_of_another_version_is_told_from_a_missing_one(tmp_path: Path) -> None:
    old = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(old)).close()
    with pytest.raises(WarehouseMissing, match="another version of inkledger"):
        read_status(old)
