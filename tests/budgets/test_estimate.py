"""The upper estimate is never below what the simulator charges."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.budgets.estimate import OUTPUT_TOKENS, upper_usd
from ingest.budgets.prices import Override, Price, listed_prices
from ingest.budgets.said import said_in
from ingest.clock import utc_now
from ingest.lake import Lake
from ingest.records import ModelPrice
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


def upper(endpoint: str = "chat/completions", **body: Any) -> Decimal:
    found = upper_usd(facts(endpoint, **body), {"a/b": PRICE, "a/dear": PRICE._replace(
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


USD = Decimal("1e-6")


@pytest.mark.parametrize(
    ("endpoint", "body", "least", "most"),
    [
        ("responses", {"input": "x" * 1000, "max_output_tokens": 500}, 2000, 2200),
        ("responses", {"input": text("x" * 1000), "max_output_tokens": 500}, 2000, 2200),
        ("messages", {"system": "x" * 1000, "messages": text(), "max_tokens": 500}, 2000, 2200),
        ("messages", {"messages": text(), "max_tokens": 500, "thinking": {
            "type": "enabled", "budget_tokens": 4000}}, 9000, 9750),
        ("chat/completions", {"messages": text(), "max_tokens": 10, "reasoning": {
            "max_tokens": 4000}}, 8000, 8700),
        ("chat/completions", {"messages": text(), "max_tokens": 1}, 32, 300),
        ("embeddings", {"input": "x" * 1000}, 1000, 1100),
        ("embeddings", {"input": [[100_000] * 500]}, 500, 5000),
        ("presets/proofs/chat/completions", {"messages": text(), "max_tokens": 500}, 1000, 1200),
    ],
    ids=[
        "responses", "responses of items", "messages", "thinking", "reasoning", "least", "embedded",
        "tokens embedded", "preset",
    ],
)  # fmt: skip
def test_every_endpoint_counts_what_it_is_sent_and_what_it_may_write(
    endpoint: str, body: dict[str, Any], least: int, most: int
) -> None:
    assert least <= upper(endpoint, **body) / USD <= most


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "source": {"media_type": "image/png", "data": "A" * 10**6}},
        {"type": "input_image", "image_url": PIXEL},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ],
    ids=["messages", "responses", "chat"],
)  # fmt: skip
def test_a_large_image_is_one_image_whatever_the_endpoint_calls_it(part: dict[str, Any]) -> None:
    assert upper(messages=text([part]), max_tokens=1) / USD < 10_000


def test_a_file_is_less_than_its_letters_and_at_most_a_long_book() -> None:
    def of(size: int) -> Decimal:
        url = "data:application/pdf;base64," + "A" * size
        part = {"type": "file", "file": {"filename": "a.pdf", "file_data": url}}
        return upper(messages=text([part]), max_tokens=1) / USD

    assert 50_000 <= of(100_000) < 53_000
    assert of(5_000_000) < 421_000


def test_what_is_heard_or_spoken_is_priced_as_sound_or_not_at_all() -> None:
    loud = {"a/b": PRICE._replace(audio_usd_per_token=Decimal("1e-4"))}
    sound = {"type": "input_audio", "input_audio": {"data": "A" * 160_000, "format": "wav"}}
    heard = facts(messages=text([sound]), max_tokens=1)
    spoken = facts(messages=text(), modalities=["text", "audio"], max_tokens=1000)
    assert upper_usd(heard, {"a/b": PRICE}) is upper_usd(spoken, {"a/b": PRICE}) is None
    assert (upper_usd(heard, loud) or 0) >= Decimal(1)
    assert (upper_usd(spoken, loud) or 0) >= Decimal("0.1")


def test_a_cache_that_is_written_counts_wherever_it_is_asked_for() -> None:
    block = {"type": "text", "text": "x" * 9999, "cache_control": {"type": "ephemeral"}}
    for body in ({"system": [block]}, {"tools": [block]}, {"input": [{"content": [block]}]}):
        assert upper("messages", max_tokens=1, **body) >= 2 * 9999 * USD
    long = text("x" * 9999)
    assert upper(messages=long, prompt_cache_options={"ttl": "12h"}, max_tokens=1) > 2 * 9999 * USD


def test_without_a_model_those_that_may_answer_are_known() -> None:
    request = httpx.Request(
        "POST", "https://openrouter.ai/api/v1/chat/completions", json={"models": ["a/b", "a/c"]}
    )
    asked = read_request(request, "chat/completions")
    assert upper_usd(asked, {"a/b": PRICE, "a/c": PRICE}) is not None
    assert upper_usd(asked, {"a/b": PRICE}) is None


@pytest.mark.parametrize(
    ("more", "factor"),
    [({"service_tier": "priority"}, "2.5"), ({"service_tier": "ultrafast"}, "6"),
     ({"speed": "fast"}, "6"), ({"service_tier": "flex"}, "1"), ({"service_tier": ["x"]}, "1")],
)  # fmt: skip
def test_a_dearer_tier_counts_as_such(more: dict[str, Any], factor: str) -> None:
    plain, dearer = upper(max_tokens=9999), upper(max_tokens=9999, **more)
    assert abs(dearer - plain * Decimal(factor)) < 300 * USD


def test_the_fee_for_a_key_of_ones_own_fits() -> None:
    assert upper(messages=[], max_tokens=10_000) >= Decimal("1.05") * 10_000 * 2 * USD


def test_a_search_brings_its_results_into_the_prompt() -> None:
    asked: list[dict[str, Any]] = [
        {"plugins": [{"id": "web"}]},
        {"tools": [{"type": "web_search_20250305"}]},
        {"model": "a/b:online"},
        {"web_search_options": {}},
    ]
    for more in asked:
        assert upper(max_tokens=1, **more) > Decimal("0.1") + 16_000 * USD


def test_images_of_a_listed_price_each_are_counted_each() -> None:
    flat = {"a/b": PRICE._replace(image_output_usd_per_token=Decimal("0.04"))}
    drawn = upper_usd(facts("images", prompt="a fox", n=3), flat)
    assert Decimal("0.12") < (drawn or 0) < Decimal("0.2")


def test_a_long_prompt_is_priced_as_one() -> None:
    override = Override(200_000, Decimal("4e-6"), Decimal("8e-6"), Decimal(0))
    prices = {"a/b": PRICE._replace(overrides=(override,))}
    short = upper_usd(facts(messages=text("x" * 1000), max_tokens=1), prices)
    long = upper_usd(facts(messages=text("x" * 300_000), max_tokens=1), prices)
    assert (short or 0) < 3000 * USD
    assert (long or 0) >= 300_000 * 4 * USD


def test_what_is_free_under_the_dated_name_of_another_is_not_its_price(tmp_path: Path) -> None:
    def row(model: str, usd: str) -> ModelPrice:
        return ModelPrice(
            model=model, canonical_slug="a/b", input_usd_per_token=Decimal(usd),
            output_usd_per_token=Decimal(usd), observed_at=utc_now(),
            pricing_json='{"audio": "0.00004", "overrides": [{"min_prompt_tokens": 9, '
            '"prompt": "0.1"}]}',
        )  # fmt: skip

    lake = Lake(tmp_path)
    rows = [row("a/b", "0.000001"), row("a/b:free", "0")]
    lake.land("model_prices", "prices", rows, utc_now())
    listed = listed_prices(lake)
    assert listed["a/b"].input_usd_per_token == USD
    assert listed["a/b:free"].input_usd_per_token == 0
    assert listed["a/b"].audio_usd_per_token == Decimal("0.00004")
    assert listed["a/b"].overrides[0].input_usd_per_token == Decimal("0.1")


def test_a_request_nested_without_end_is_weighed_by_its_length() -> None:
    nested: Any = "x"
    for _ in range(5000):
        nested = [nested]
    assert said_in({"messages": nested}, 100_000).text_bytes == 100_000
