"""A ledger and the provider's records of it, day by day: each difference has its reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.lake import Lake
from ingest.records import ProviderActivity, ProviderBalance, ProviderGeneration, Record
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.report import read_reconciliation, read_status
from tests.warehouse.rows import attempt, settlement

MODEL = "a/b"
TWO_KEYS, ROUNDED, OWN_KEY, OPEN, NAMED, MIDNIGHT, LAST = (
    date(2026, 4, day) for day in range(1, 8)
)
LANDED_AT = datetime(2026, 4, 20, tzinfo=UTC)


def call(name: str, day: date, usd: str | None, **fields: Any) -> Record:
    """A recorded call at noon."""
    known = {
        "started_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
        "served_model": MODEL,
        "generation_id": f"gen-{name}",
        "api_key_hash": "hash-1",
        "reported_cost_usd": None if usd is None else Decimal(usd),
    }
    return attempt(name, **{**known, **fields})


def told(day: date, usd: str, requests: int, **fields: Any) -> ProviderActivity:
    """A row of an export by day, or of a pull with `source="activity_api"`."""
    known = {"snapshot_id": "export", "source": "activity_export", "model": MODEL}
    return ProviderActivity(
        activity_date=day,
        usage_usd=Decimal(usd),
        request_count=requests,
        **{**known, **fields},
    )


PULL = {"snapshot_id": "pull", "source": "activity_api", "byok_usage_usd": Decimal(0)}
NO_OWN_KEY = {"byok_usage_usd": Decimal(0)}
CALLS = [
    call("press", TWO_KEYS, "1"),
    call("studio", TWO_KEYS, "2", api_key_hash="hash-2"),
    call("exact-1", ROUNDED, "0.1234564"),
    call("exact-2", ROUNDED, "0.1234564"),
    call("own", OWN_KEY, "0.05", is_byok=True, upstream_cost_usd=Decimal(1)),
    call("whole", OPEN, "1"),
    call("died", OPEN, None, status="in_doubt", generation_id=None),
    call("named", NAMED, "1"),
    call("also-named", NAMED, "2", api_key_hash="hash-2"),
    # OpenRouter made it in the second after midnight.
    call("gen-by-time", MIDNIGHT, "3", generation_id="gen-1775520000-x",
         started_at=datetime(2026, 4, 6, 23, 59, 59, tzinfo=UTC)),
    call("last", LAST, "1"),
]  # fmt: skip
ACTIVITY = [
    told(TWO_KEYS, "8", 4, **PULL),
    told(TWO_KEYS, "1", 1, **PULL, api_key_hash="hash-1"),
    told(TWO_KEYS, "2.5", 2, **PULL, api_key_hash="hash-2"),
    told(ROUNDED, "0.246912", 2, **NO_OWN_KEY),
    told(OWN_KEY, "0.05", 1),
    told(OPEN, "1.5", 2, **NO_OWN_KEY),
    told(NAMED, "1", 1, **NO_OWN_KEY, api_key_name="press"),
    told(NAMED, "2.25", 2, **NO_OWN_KEY, api_key_name="studio"),
    told(LAST, "3", 1, **NO_OWN_KEY),
]
NAMES = [
    ProviderBalance(
        api_key_hash=key_hash, api_key_name=name, usage_usd=Decimal(1), observed_at=LANDED_AT
    )
    for key_hash, name in (("hash-1", "press"), ("hash-2", "studio"))
]  # fmt: skip

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(
        Home(tmp_path_factory.mktemp("days")),
        usage_events=CALLS,
        provider_activity=ACTIVITY,
        provider_balances=NAMES,
    )


def built(
    home: Home, **tables: list[Record] | list[ProviderActivity] | list[ProviderBalance]
) -> Path:
    for table_name, records in tables.items():
        Lake(home.lake).land(table_name, "file", records, LANDED_AT)
    return build_warehouse(home).warehouse


@pytest.fixture(scope="module")
def ask(warehouse: Path) -> Ask:
    def fetched(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return fetched


def reasons(ask: Ask, day: date) -> list[tuple[Any, ...]]:
    return ask(
        "select api_key, difference_class, amount_usd, requests from fct_reconciliation_differences"
        f" where date_utc = date '{day}' order by all"
    )


def test_two_keys_are_compared_each_with_its_own_and_the_rest_is_another_key(ask: Ask) -> None:
    # All calls of that day have names by now: the hashes are shown by them.
    assert reasons(ask, TWO_KEYS) == [
        ("other keys", "other_key", Decimal("4.5"), 1),
        ("studio", "untracked_call", Decimal("0.5"), 1),
    ]


def test_a_name_in_an_export_meets_the_hash_of_a_call(ask: Ask) -> None:
    assert reasons(ask, NAMED) == [("studio", "untracked_call", Decimal("0.25"), 1)]


def test_what_an_export_rounds_is_no_open_difference(ask: Ask) -> None:
    assert reasons(ask, ROUNDED) == [(None, "rounding", Decimal("-0.0000008"), 0)]


def test_an_export_without_own_key_usage_lacks_just_that(ask: Ask) -> None:
    assert reasons(ask, OWN_KEY) == [(None, "byok", Decimal("-1"), 0)]


def test_a_call_in_doubt_may_be_what_is_missing(ask: Ask) -> None:
    assert reasons(ask, OPEN) == [(None, "not_settled_yet", Decimal("0.5"), 1)]


def test_a_call_at_midnight_is_on_the_day_of_its_generation(ask: Ask) -> None:
    assert reasons(ask, MIDNIGHT) == []


def test_the_last_day_of_an_export_may_not_have_been_over(ask: Ask) -> None:
    assert reasons(ask, LAST) == [(None, "day_not_complete", Decimal("-1"), -1)]


def test_all_of_it_is_told_and_what_was_billed_besides_is_untracked(warehouse: Path) -> None:
    reconciliation = read_reconciliation(warehouse)
    shares = (Decimal(row["amount_usd"]) for row in reconciliation["classes"])
    assert sum(shares) == Decimal(reconciliation["difference_usd"])
    assert (
        sum(row["requests"] for row in reconciliation["classes"])
        == (reconciliation["missing_requests"])
    )
    status = read_status(warehouse)
    assert (status["untracked_usd"], status["untracked_requests"]) == ("5.25", 3)


@pytest.mark.long
def test_rounding_alone_is_balanced(tmp_path: Path) -> None:
    activity = [told(ROUNDED, "0.246912", 2), told(LAST, "1", 1)]
    calls = [row for row in CALLS if row.event_id in ("exact-1", "exact-2", "last")]  # type: ignore[attr-defined]
    reconciliation = read_reconciliation(
        built(Home(tmp_path), usage_events=calls, provider_activity=activity)
    )
    assert reconciliation["balanced_day_count"] == 1
    assert [row["class"] for row in reconciliation["classes"]] == ["rounding"]
    assert reconciliation["is_balanced"] is True


def test_generations_are_compared_one_by_one_and_only_what_differs_is_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    lake, hour = Lake(home.lake), timedelta(hours=1)
    generations = [
        ProviderGeneration(
            generation_id=f"gen-{name}",
            billed_date=TWO_KEYS,
            model=MODEL,
            cost_usd=Decimal(usd),
            observed_at=LANDED_AT,
        )
        for name, usd in (("equal", "1"), ("billed-more", "2.5"), ("nobody-knows", "4"))
    ]
    lake.land("provider_generations", "asked", generations, LANDED_AT)
    lake.land("settlements", "settled", [settlement("gen-cut", "5")], LANDED_AT)
    calls = [
        call("equal", TWO_KEYS, "1"),
        call("billed-more", TWO_KEYS, "2"),
        call("ours-alone", TWO_KEYS, "3"),
        call("cut", ROUNDED, "4"),
    ]
    lake.land("usage_events", "calls", calls, LANDED_AT)
    unknown = attempt("late", generation_id="gen-nobody-knows", reported_cost_usd=Decimal(4))
    assert found(build_warehouse(home).warehouse) == [
        ("gen-billed-more", "differing", Decimal("0.5")),
        ("gen-cut", "differing", Decimal(1)),
        ("gen-nobody-knows", "provider_only", Decimal(4)),
        ("gen-ours-alone", "ledger_only", Decimal(-3)),
    ]
    # What nobody knew lands after all, and is counted as what it is.
    lake.land("usage_events", "late", [unknown], LANDED_AT + hour)
    assert "gen-nobody-knows" not in {row[0] for row in found(build_warehouse(home).warehouse)}


@pytest.mark.long
def test_a_generation_is_one_row_whatever_the_provider_dates_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    lake, hour = Lake(home.lake), timedelta(hours=1)
    calls = [
        call("equal", TWO_KEYS, "1"),
        call("billed-more", TWO_KEYS, "1"),
        call("settled-more", TWO_KEYS, "1"),
        call("found-later", TWO_KEYS, None, generation_id=None),
        call("ours-alone", TWO_KEYS + timedelta(weeks=3), "1"),
    ]
    settled = [
        settlement("gen-settled-more", "2"),
        settlement("gen-found-later", "1", event_id="found-later"),
    ]
    lake.land("usage_events", "calls", calls, LANDED_AT)
    lake.land("settlements", "settled", settled, LANDED_AT)
    assert found(build_warehouse(home).warehouse) == [("gen-settled-more", "differing", Decimal(1))]
    weeks_later = [
        ProviderGeneration(
            generation_id=f"gen-{name}",
            billed_date=TWO_KEYS + timedelta(weeks=3),
            model=MODEL,
            cost_usd=Decimal(usd),
            observed_at=LANDED_AT,
        )
        for name, usd in (
            ("equal", "1"), ("billed-more", "4"), ("settled-more", "2"), ("found-later", "1")
        )
    ]  # fmt: skip
    lake.land("provider_generations", "asked", weeks_later, LANDED_AT + hour)
    assert found(build_warehouse(home).warehouse) == [
        ("gen-billed-more", "differing", Decimal(3)),
        ("gen-ours-alone", "ledger_only", Decimal(-1)),
        ("gen-settled-more", "differing", Decimal(1)),
    ]


def found(warehouse: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(
            "select generation_id, match, difference_usd from fct_reconciliation_generations"
            " order by all"
        ).fetchall()
