"""What the account and its keys have used in all, as it was when somebody asked."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest.errors import OpenRouterError, RequestRefused
from ingest.lake import Lake
from ingest.pull.balances import pull_account, pull_key
from ingest.simulator import RunningSimulator
from tests.pull.providers import IMPATIENT, KEY, client_of, generate, json_answer, scripted

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def rows(lake: Lake) -> list[dict[str, Any]]:
    return (
        lake.scan("provider_balances")
        .sql("select * from self order by observed_at")
        .collect()
        .to_dicts()
    )


def test_the_account_and_each_key_land_with_what_was_billed(
    simulator: RunningSimulator, lake: Lake
) -> None:
    generate(simulator)
    generate(simulator, "byok-fee-balance")
    with client_of(simulator, "management") as client:
        pull_account(lake, client)
    billed: Any = simulator.bill()["generations"]
    account, *keys = sorted(rows(lake), key=lambda row: row["api_key_hash"] or "")
    assert account["usage_usd"] == sum(Decimal(row["openrouter_cost_usd"]) for row in billed)
    assert account["credits_usd"] > 0
    for key in keys:
        own = [row for row in billed if row["api_key_hash"] == key["api_key_hash"]]
        assert key["usage_usd"] == sum(Decimal(row["openrouter_cost_usd"]) for row in own)
        upstream = (Decimal(row["upstream_cost_usd"]) for row in own if row["is_byok"])
        assert key["byok_usage_usd"] == sum(upstream)
        assert key["api_key_name"] == f"key-{key['api_key_hash'][:6]}"


def test_the_same_figures_again_land_nothing_and_others_do(
    simulator: RunningSimulator, lake: Lake
) -> None:
    generate(simulator)
    with client_of(simulator, "management") as client:
        first, again = (pull_account(lake, client).landed_count for _ in range(2))
        generate(simulator)
        other = pull_account(lake, client).landed_count
    assert first > 0
    assert (again, other) == (0, first)


def test_an_ordinary_key_tells_of_itself_and_its_letters_land_nowhere(
    simulator: RunningSimulator, lake: Lake
) -> None:
    generate(simulator)
    with client_of(simulator) as client:
        assert pull_key(lake, client, f" {KEY}\n").landed_count == 1
    (own,) = rows(lake)
    assert own["api_key_hash"] == hashlib.sha256(KEY.encode()).hexdigest()
    assert own["api_key_name"] is None
    assert "sk-or" not in str(own)


def test_keys_come_page_by_page_and_a_server_without_pages_is_asked_twice(lake: Lake) -> None:
    pages = {"0": ["a", "b"], "2": ["c"]}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/credits"):
            return json_answer({"data": {"total_credits": 10, "total_usage": 0.3}})
        hashes = pages.get(request.url.params["offset"], [])
        return json_answer({"data": [{"hash": name, "usage": 0.1} for name in hashes]})

    with scripted(answer) as client:
        assert pull_account(lake, client, patience=IMPATIENT).landed_count == 4
    pages |= {"4": ["a", "b"], "2": ["a", "b"]}
    with scripted(answer) as client:
        later = NOON + timedelta(days=1)
        assert pull_account(lake, client, clock=lambda: later, patience=IMPATIENT).landed_count == 3


def test_what_is_no_balance_is_set_aside_or_refused(lake: Lake) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/credits"):
            return json_answer({"data": {"total_credits": 10, "total_usage": -1}})
        return json_answer({"data": []})

    with scripted(answer) as client:
        result = pull_account(lake, client, patience=IMPATIENT)
    assert (result.landed_count, result.quarantined_count) == (0, 1)
    with scripted(lambda request: json_answer([])) as client, pytest.raises(OpenRouterError):
        pull_account(lake, client, patience=IMPATIENT)
    with (
        scripted(lambda request: json_answer({}, 403)) as client,
        pytest.raises(RequestRefused, match="management key"),
    ):
        pull_account(lake, client, patience=IMPATIENT)
