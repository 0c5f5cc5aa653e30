"""Prices at each provider of the models in use, and those of before the first pull."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    Tier,
    TieredPrices,
)

from ingest.errors import NoAnswer
from ingest.lake import Lake
from ingest.pull.earlier_prices import SINCE_EVER, land_earlier_prices
from ingest.pull.prices import pull_prices
from ingest.settings import Home
from ingest.simulator import RunningSimulator
from tests.conftest import run_inkledger
from tests.pull.providers import IMPATIENT, attempt, client_of, json_answer, land_attempts, scripted

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def rows(lake: Lake, *, source: str) -> list[dict[str, Any]]:
    found = lake.scan("model_prices").collect().to_dicts()
    return [row for row in found if row["source"] == source]


def in_use(lake: Lake, *names: str) -> None:
    land_attempts(lake, *(attempt(None, requested_model=name) for name in names))


def test_each_provider_of_a_model_in_use_has_a_price_of_its_own(
    simulator: RunningSimulator, lake: Lake
) -> None:
    in_use(lake, "google/gemini-2.5-flash-lite:nitro", "openai/gpt-5-nano-2025-08-07", "gone/model")
    with client_of(simulator) as client:
        result = pull_prices(lake, client)
    served = {row["model"]: row for row in rows(lake, source="endpoints")}
    assert sorted(served) == ["google/gemini-2.5-flash-lite", "openai/gpt-5-nano"]
    assert result.landed_count == len(rows(lake, source="models")) + 2
    lite = served["google/gemini-2.5-flash-lite"]
    assert (lite["provider_name"], lite["endpoint_tag"]) == ("Google", "google-vertex")
    assert lite["input_usd_per_token"] == Decimal("0.00000012")
    listed = {row["model"]: row for row in rows(lake, source="models")}
    assert listed["google/gemini-2.5-flash-lite"]["input_usd_per_token"] == Decimal("0.0000001")
    assert listed["google/gemini-2.5-flash-lite"]["provider_name"] is None


def test_an_image_by_the_piece_has_the_price_of_its_own_list(
    simulator: RunningSimulator, lake: Lake
) -> None:
    in_use(lake, "bytedance-seed/seedream-4.5", "black-forest-labs/flux.2-pro")
    with client_of(simulator) as client:
        pull_prices(lake, client)
    served = {row["model"]: row for row in rows(lake, source="endpoints")}
    assert served["bytedance-seed/seedream-4.5"]["output_image_usd_per_image"] == Decimal("0.04")
    by_megapixel = served["black-forest-labs/flux.2-pro"]
    assert by_megapixel["output_image_usd_per_image"] is None
    assert by_megapixel["input_image_usd_per_image"] == Decimal("0.015")


def listing(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/models"):
        models = [{"id": f"a/{name}", "pricing": {"prompt": "0.1"}} for name in "bcd"]
        return json_answer({"data": models})
    if request.url.path.endswith("/a/b/endpoints"):
        pricing = {"prompt": "0.2", "audio": "0.3", "input_cache_write_1h": "0.4", "discount": 0.1}
        endpoint = {"provider_name": "One", "service_tier": "flex", "pricing": pricing}
        return json_answer({"data": {"endpoints": [endpoint, {"provider_name": "Two"}]}})
    if request.url.path.endswith("/a/c/endpoints"):
        return json_answer("no such model", 404)
    raise httpx.ReadTimeout("timed out")


def test_what_was_learned_before_openrouter_went_away_has_landed(lake: Lake) -> None:
    in_use(lake, "a/b", "a/c", "a/d")
    with scripted(listing) as client, pytest.raises(NoAnswer):
        pull_prices(lake, client, patience=IMPATIENT)
    (price,) = rows(lake, source="endpoints")
    assert (price["service_tier"], price["discount"]) == ("flex", Decimal("0.1"))
    assert price["input_audio_usd_per_token"] == Decimal("0.3")
    assert price["cache_write_1h_usd_per_token"] == Decimal("0.4")
    (unreadable,) = lake.scan("quarantine").collect().to_dicts()
    assert (unreadable["origin"], unreadable["line_number"]) == ("GET /endpoints", 2)


def known(*prices: Any, model: str = "a/b") -> list[ModelInfo]:
    return [ModelInfo(id=model, match=ClauseEquals(equals=model), prices=list(prices))]


LONG = TieredPrices(base=Decimal(3), tiers=[Tier(start=200_000, price=Decimal(6))])
THEN = ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(1), web_searches_kcount=Decimal(10)))
SINCE = ConditionalPrice(
    constraint=StartDateConstraint(start_date=date(2026, 3, 1)),
    prices=ModelPrice(input_mtok=LONG, output_mtok=Decimal("0.5")),
)


def test_earlier_prices_land_from_when_they_began(lake: Lake) -> None:
    assert land_earlier_prices(lake, known(THEN, SINCE)).landed_count == 2
    first, second = sorted(rows(lake, source="genai_prices"), key=lambda row: row["observed_at"])
    assert first["observed_at"] == SINCE_EVER
    assert first["input_usd_per_token"] == Decimal("0.000001")
    assert first["web_search_usd_per_search"] == Decimal("0.01")
    assert second["observed_at"] == datetime(2026, 3, 1, tzinfo=UTC)
    assert second["input_usd_per_token"] == Decimal("0.000003")
    assert second["output_usd_per_token"] == Decimal("0.0000005")
    assert json.loads(second["pricing_json"])["overrides"] == [
        {"min_prompt_tokens": 200_000, "prompt": "0.000006"}
    ]


def test_the_same_edition_lands_once_and_another_beside_it(lake: Lake) -> None:
    def land(*prices: Any, days: int) -> int:
        clock = lambda: NOON + timedelta(days=days)  # noqa: E731
        return land_earlier_prices(lake, known(*prices), clock=clock).landed_count

    assert [land(THEN, days=0), land(THEN, days=1), land(THEN, SINCE, days=2)] == [1, 0, 2]


def test_without_openrouter_the_earlier_prices_land_all_the_same(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    nowhere = f"{simulator.base_url}/nowhere"
    told = [
        run_inkledger(tmp_path, "pull", "prices", OPENROUTER_BASE_URL=nowhere) for _ in range(2)
    ]
    assert [each.returncode for each in told] == [1, 1]
    assert all("with status 404" in each.stderr for each in told)
    assert "earlier prices, of genai-prices" in told[0].stdout
    assert told[1].stdout == ""
    landed = rows(Lake(Home(tmp_path).lake), source="genai_prices")
    assert len(landed) > 900
