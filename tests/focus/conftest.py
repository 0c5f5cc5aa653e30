"""One small ledger with every kind of charge, built once and exported in both versions."""

import csv
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.lake import Lake
from ingest.records import ProviderBalance, Record
from ingest.settings import Home
from tests.conftest import run_inkledger
from tests.warehouse.rows import NOON, activity, attempt, ebook, price, rejection

Rows = list[dict[str, str]]

MAY = datetime(2026, 5, 1, 0, 0, 1, tzinfo=UTC)
LANDED_AT = datetime(2026, 5, 2, 9, tzinfo=UTC)
FORMULA = '=HYPERLINK("https://example.com")'
KEY = "ab12" * 16
LISTED: dict[str, Any] = {
    "requested_model": "a/b", "served_model": "a/b", "provider_name": "Google", "api_key_hash": KEY,
    "input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 301, "reasoning_tokens": 50,
    "ebook_id": "forest", "stage": "outline",
}  # fmt: skip
DRAWN: dict[str, Any] = {
    "requested_model": "a/draw", "served_model": "a/draw", "provider_name": "+1", "input_tokens": 7,
    "output_tokens": 1304, "output_image_tokens": 1290, "output_image_count": 1,
    "ebook_id": "river", "stage": "line_art", "page_number": 3,
}  # fmt: skip
CALLS = [
    attempt("dear", **LISTED, reported_cost_usd=Decimal("0.0071"), labels='{"series":"Wood"}'),
    attempt("cheap", **LISTED, reported_cost_usd=Decimal("0.000000000007")),
    attempt("estimated", **LISTED),
    attempt("drawn", **DRAWN, reported_cost_usd=Decimal("0.0393"), operation_id="drawing"),
    attempt("tiny", **LISTED, reported_cost_usd=Decimal("0.000000000001")),
    attempt("own-key", **LISTED, is_byok=True, reported_cost_usd=Decimal("0.0011"),
            upstream_cost_usd=Decimal("0.0223")),
    attempt("own-key-without-fee", **LISTED, is_byok=True, reported_cost_usd=Decimal(0),
            upstream_cost_usd=Decimal("0.0123")),
    attempt("refused", **DRAWN | {"output_tokens": None}, status="failed", http_status=429),
    attempt("silent", **DRAWN),
    attempt("lost", ebook_id="river", stage="cover", status="in_doubt", requested_model="\n=1"),
    attempt("in-may", **LISTED, reported_cost_usd=Decimal("0.5"), started_at=MAY),
]  # fmt: skip


def _balance(credits_usd: int, used_usd: str, days: int) -> ProviderBalance:
    return ProviderBalance(
        credits_usd=Decimal(credits_usd),
        usage_usd=Decimal(used_usd),
        observed_at=NOON + timedelta(days=days),
    )


LANDED: dict[str, list[Record]] = {
    "usage_events": [*CALLS],
    "outcomes": [rejection("drawing")],
    "ebooks": [ebook("forest", title="Forest animals"), ebook("river", title=FORMULA)],
    "model_prices": [price("a/b", "0.000003")],
    "provider_balances": [
        _balance(20, "1", -2),
        _balance(45, "1.2", 2),
        ProviderBalance(
            api_key_hash=KEY, api_key_name="-studio", usage_usd=Decimal(1), observed_at=NOON
        ),
    ],
    "provider_activity": [activity(date(2026, 4, 1), "a/unseen", "0.25", 2)],
}


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An INKLEDGER_HOME with a published warehouse."""
    home = tmp_path_factory.mktemp("focus") / "it's a home"
    for table_name, records in LANDED.items():
        Lake(Home(home).lake).land(table_name, "segment-1", records, LANDED_AT)
    built = run_inkledger(home, "build")
    assert built.returncode == 0, built.stderr
    return home


@pytest.fixture(scope="session")
def exported(ledger: Path) -> dict[str, "subprocess.CompletedProcess[str]"]:
    """Both versions, in `exports` of the ledger, by version."""
    finished = {
        version: run_inkledger(ledger, "export", "focus", "--version", version)
        for version in ("1.4", "1.2")
    }
    assert all(each.returncode == 0 for each in finished.values()), finished
    return finished


@pytest.fixture(scope="session")
def rows(ledger: Path, exported: object) -> Callable[[str], Rows]:
    return lambda version: read_csv(ledger / "exports" / f"focus-{version}.csv")


def read_csv(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask the published warehouse."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()
