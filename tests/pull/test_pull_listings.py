"""Prices and the provider's own daily sums, as OpenRouter lists them."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest

from ingest.errors import NoAnswer, OpenRouterError, RequestRefused, UsageError
from ingest.lake import Lake
from ingest.pull.activity import pull_activity
from ingest.pull.prices import pull_prices
from ingest.pull.provider import MANAGEMENT_KEY, provider_client
from ingest.simulator import RunningSimulator, running_simulator
from tests.pull.providers import HASTY, IMPATIENT, client_of, generate, json_answer, scripted

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def tomorrow() -> Iterator[RunningSimulator]:
    """A simulator for which a day has passed since its calls were made."""
    now = [NOON]
    with running_simulator(clock=lambda: now[0]) as running:
        for key in ("sk-or-v1-test", "byok-fee"):
            generate(running, key)
        now[0] += timedelta(days=1)
        yield running


def rows(lake: Lake, table_name: str) -> list[dict[str, Any]]:
    return lake.scan(table_name).collect().to_dicts()


def model_answer(**pricing: Any) -> httpx.Response:
    return json_answer({"data": [{"id": "a/b", "canonical_slug": "a/b-2026", "pricing": pricing}]})


def test_every_listed_model_has_its_price_whatever_it_makes(
    simulator: RunningSimulator, lake: Lake
) -> None:
    with client_of(simulator) as client:
        result = pull_prices(lake, client)
    prices = {row["model"]: row for row in rows(lake, "model_prices")}
    assert len(prices) == result.landed_count
    nano = prices["openai/gpt-5-nano"]
    assert nano["canonical_slug"] == "openai/gpt-5-nano-2025-08-07"
    assert nano["input_usd_per_token"] == Decimal("0.00000005")
    assert nano["output_usd_per_token"] == Decimal("0.0000004")
    assert nano["cache_read_usd_per_token"] == Decimal("0.000000005")
    assert nano["image_output_usd_per_token"] is None
    assert "qwen/qwen3-embedding-4b" in prices


def test_the_price_of_a_router_is_unknown_and_not_minus_one(
    simulator: RunningSimulator, lake: Lake
) -> None:
    with client_of(simulator) as client:
        pull_prices(lake, client)
    (router,) = [row for row in rows(lake, "model_prices") if row["model"] == "openrouter/auto"]
    assert router["input_usd_per_token"] is None
    assert json.loads(router["pricing_json"])["prompt"] == "-1"


def test_discounts_and_overrides_stay_whole_beside_the_prices(lake: Lake) -> None:
    overrides = [{"min_prompt_tokens": 200000, "prompt": "0.000006"}]
    answer = model_answer(prompt="0.000003", completion="0", discount=0.1, overrides=overrides)
    with scripted(lambda request: answer) as client:
        pull_prices(lake, client)
    (price,) = rows(lake, "model_prices")
    pricing = json.loads(price["pricing_json"])
    assert (pricing["discount"], pricing["overrides"]) == ("0.1", overrides)
    assert price["input_usd_per_token"] == Decimal("0.000003")
    assert price["output_usd_per_token"] == 0


def test_two_pulls_are_two_observations(simulator: RunningSimulator, lake: Lake) -> None:
    with client_of(simulator) as client:
        counts = [pull_prices(lake, client).landed_count for _ in range(2)]
    prices = rows(lake, "model_prices")
    assert len(prices) == sum(counts)
    assert len({price["observed_at"] for price in prices}) == 2


def test_a_model_with_a_broken_price_is_set_aside_and_the_others_land(lake: Lake) -> None:
    good, broken = (
        {"id": name, "pricing": {"prompt": price}}
        for name, price in (("a/good", "0.1"), ("a/broken", "cheap"))
    )
    with scripted(lambda request: json_answer({"data": [broken, good, 7]})) as client:
        result = pull_prices(lake, client)
    assert (result.landed_count, result.quarantined_count) == (1, 2)
    assert [row["line_number"] for row in rows(lake, "quarantine")] == [1, 3]


def test_a_completed_day_lands_with_what_openrouter_billed(
    tomorrow: RunningSimulator, lake: Lake
) -> None:
    with client_of(tomorrow, "management") as client:
        result = pull_activity(lake, client)
    days = rows(lake, "provider_activity")
    assert len(days) == result.landed_count == 1
    bill: Any = tomorrow.bill()["generations"]
    assert days[0]["activity_date"] == NOON.date()
    assert days[0]["model"] == "openai/gpt-5-nano-2025-08-07"
    assert days[0]["source"] == "activity_api"
    assert days[0]["request_count"] == 2
    assert days[0]["usage_usd"] == sum(Decimal(row["openrouter_cost_usd"]) for row in bill)
    assert days[0]["byok_usage_usd"] == sum(
        Decimal(row["upstream_cost_usd"]) for row in bill if row["is_byok"]
    )


def test_the_same_answer_again_lands_nothing(tomorrow: RunningSimulator, lake: Lake) -> None:
    with client_of(tomorrow, "management") as client:
        assert [pull_activity(lake, client).landed_count for _ in range(2)] == [1, 0]


def test_a_day_with_a_time_of_day_and_no_permaslug_is_read_too(lake: Lake) -> None:
    day = {"date": "2026-10-15 00:00:00", "model": "a/b", "usage": 0.078015, "requests": 2}
    with scripted(lambda request: json_answer({"data": [day]})) as client:
        pull_activity(lake, client)
    (row,) = rows(lake, "provider_activity")
    assert (row["activity_date"], row["model"]) == (date(2026, 10, 15), "a/b")
    assert (row["usage_usd"], row["byok_usage_usd"]) == (Decimal("0.078015"), None)


def test_an_ordinary_key_is_told_that_a_management_key_is_needed(
    simulator: RunningSimulator, lake: Lake
) -> None:
    with client_of(simulator) as client, pytest.raises(RequestRefused) as refusal:
        pull_activity(lake, client)
    assert str(refusal.value) == (
        "OpenRouter refused /activity with status 403: the key in OPENROUTER_MANAGEMENT_KEY has "
        "no right to it. It must be a management key (openrouter.ai/settings/management-keys)."
    )


def test_a_missing_key_is_named_by_its_variable() -> None:
    with pytest.raises(UsageError, match="set OPENROUTER_MANAGEMENT_KEY"):
        provider_client("https://openrouter.ai/api/v1", None, key_variable=MANAGEMENT_KEY)


def test_a_damaged_key_is_refused_and_not_shown() -> None:
    with pytest.raises(UsageError) as refusal:
        provider_client("https://openrouter.ai/api/v1", "sk-or-v1-ab…yz")
    assert "sk-or" not in str(refusal.value)


def test_a_busy_openrouter_is_asked_again(lake: Lake) -> None:
    busy = [json_answer({}, 503, **{"Retry-After": "0"}), json_answer({}, 502)]
    answers = iter([*busy, model_answer(prompt="0.1")])
    with scripted(lambda request: next(answers)) as client:
        assert pull_prices(lake, client, patience=HASTY).landed_count == 1


def test_an_openrouter_that_stays_away_is_said_to(lake: Lake) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("timed out")

    with scripted(cut) as client, pytest.raises(NoAnswer, match=r"timed out\. Try again later"):
        pull_prices(lake, client, patience=IMPATIENT)


def test_an_openrouter_that_cannot_be_reached_is_not_waited_for_as_one_that_is_busy(
    lake: Lake,
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused")

    began = time.monotonic()
    told = r"https://openrouter\.ai/api/v1 cannot be reached \(\[Errno 111\] Connection refused\)"
    patience = replace(HASTY, total_seconds=60.0, unreachable_seconds=0.2)
    with scripted(refuse) as client, pytest.raises(NoAnswer, match=told):
        pull_prices(lake, client, patience=patience)
    assert 0.2 <= time.monotonic() - began < 10


def test_a_connection_that_comes_back_meanwhile_is_used(lake: Lake) -> None:
    attempts = count(1)

    def answer(request: httpx.Request) -> httpx.Response:
        if next(attempts) < 3:
            raise httpx.ConnectError("[Errno 111] Connection refused")
        return model_answer(prompt="0.1")

    with scripted(answer) as client:
        assert pull_prices(lake, client, patience=HASTY).landed_count == 1


def test_a_wrong_address_is_doubted(lake: Lake) -> None:
    with (
        scripted(lambda request: json_answer("not found", 404)) as client,
        pytest.raises(RequestRefused, match="Is OPENROUTER_BASE_URL right"),
    ):
        pull_prices(lake, client)


@pytest.mark.parametrize("body", ["<html>", "[]", '{"data": {}}', "{}"])
def test_an_answer_without_rows_lands_nothing_and_is_said(lake: Lake, body: str) -> None:
    with (
        scripted(lambda request: json_answer(body)) as client,
        pytest.raises(OpenRouterError, match="holds no list of rows"),
    ):
        pull_activity(lake, client)
    assert rows(lake, "provider_activity") == []
