"""The upper estimate is never below what the simulator charges."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest.budgets.estimate import OUTPUT_TOKENS, upper_usd
from ingest.budgets.prices import Price, listed_prices
from ingest.lake import Lake
from ingest.settings import Home
from ingest.simulator import RunningSimulator
from ingest.wire.request import RequestFacts, read_request

PIXEL = "data:image/png;base64," + "A" * 400_000
PRICE = Price(Decimal("1e-6"), Decimal("2e-6"), None, None, None, None, None, None)


def facts(endpoint: str = "chat/completions", **body: Any) -> RequestFacts:
    body = {"model": "a/b", **body}
    request = httpx.Request("POST", f"https://openrouter.ai/api/v1/{endpoint}", json=body)
    return read_request(request, endpoint)


def text(content: Any = "a fox") -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("chat/completions", {"model": "openai/gpt-5-nano", "messages": text(), "max_tokens": 50}),
        ("chat/completions", {"model": "anthropic/claude-sonnet-4.6", "messages": text("größer")}),
        (
            "chat/completions",
            {
                "model": "google/gemini-2.5-flash-image",
                "messages": text(),
                "modalities": ["image", "text"],
            },
        ),
        (
            "chat/completions",
            {
                "model": "google/gemini-2.5-flash",
                "messages": text([{"type": "image_url", "image_url": {"url": PIXEL[:2000]}}]),
            },
        ),
        ("embeddings", {"model": "qwen/qwen3-embedding-4b", "input": ["a", "b"]}),
    ],
    ids=["limited", "unlimited", "drawn", "shown", "embedded"],
)
def test_no_call_costs_more_than_its_estimate(
    endpoint: str, body: dict[str, Any], home: Home, simulator: RunningSimulator
) -> None:
    upper = upper_usd(facts(endpoint, **body), listed_prices(Lake(home.lake)))
    headers = {"Authorization": "Bearer sk-or-v1-test"}
    reply = httpx.post(f"{simulator.base_url}/{endpoint}", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
    (row,) = simulator.bill()["generations"]
    assert upper is not None
    assert upper >= Decimal(row["cost_usd"]) > 0


def upper(**body: Any) -> Decimal:
    found = upper_usd(facts(**body), {"a/b": PRICE, "a/dear": PRICE._replace(
        output_usd_per_token=Decimal("1e-3"))})  # fmt: skip
    assert found is not None
    return found


def test_the_dearest_of_the_models_that_may_answer_counts() -> None:
    assert upper(models=["a/dear"], max_tokens=10) > Decimal("0.01") > upper(max_tokens=10)


def test_each_choice_and_each_token_up_to_the_limit_counts() -> None:
    one, ten = upper(max_tokens=1000), upper(max_tokens=1000, n=10)
    assert ten - one >= 9 * 1000 * Decimal("2e-6")
    assert upper() >= OUTPUT_TOKENS * Decimal("2e-6")
    assert upper(max_tokens=-5) >= OUTPUT_TOKENS * Decimal("2e-6")


def test_an_image_counts_as_an_image_and_not_as_its_text() -> None:
    shown = upper(messages=text([{"type": "image_url", "image_url": {"url": PIXEL}}]), max_tokens=1)
    assert Decimal("0.005") < shown < Decimal("0.02")


def test_a_search_and_a_cache_that_is_written_count() -> None:
    assert upper(plugins=[{"id": "web"}], max_tokens=1) > Decimal("0.1") > upper(max_tokens=1)
    cached = text([{"type": "text", "text": "x" * 9999, "cache_control": {"type": "ephemeral"}}])
    assert upper(messages=cached, max_tokens=1) >= 2 * 9999 * Decimal("1e-6")


@pytest.mark.parametrize(
    ("endpoint", "model"),
    [("chat/completions", "a/new"), ("chat/completions", "a/b:free"), ("audio/speech", "a/b")],
)
def test_what_has_no_price_has_no_estimate(endpoint: str, model: str) -> None:
    assert upper_usd(facts(endpoint, model=model), {"a/b": PRICE}) is None


def test_a_variant_of_a_model_is_priced_as_the_model() -> None:
    assert upper_usd(facts(model="a/b:nitro"), {"a/b": PRICE}) is not None
