"""Prices against bills that were recorded from the real service, and the numbers of its JSON."""

from decimal import Decimal

import pytest

from ingest.simulator.offered_models import offered_models
from ingest.simulator.pricing import charge_tokens
from ingest.simulator.rates import Tokens
from ingest.simulator.wire_json import add_as_doubles, dumps, number_text

RECORDED = [
    ("anthropic/claude-sonnet-4.6", Tokens(3214, 0, cache_write=3211), "0.01205025"),
    ("anthropic/claude-sonnet-4.6", Tokens(3329, 0, 3211, 115), "0.00140355"),
    (
        "google/gemini-2.5-flash",
        Tokens(2168, 0, 2161, 2161, is_cache_overlapping=True),
        "0.00024701333333333335",
    ),
    ("google/gemini-2.5-flash-image", Tokens(7, 1304, image=1290), "0.0387371"),
    ("qwen/qwen3-embedding-4b", Tokens(6, 0), "1.2e-7"),
]


@pytest.mark.parametrize(("slug", "tokens", "cost"), RECORDED)
def test_a_charge_equals_the_recorded_bill(slug: str, tokens: Tokens, cost: str) -> None:
    model = offered_models().find(slug)
    assert model is not None
    assert number_text(charge_tokens(model.served, tokens).wire_cost_usd) == cost


def test_a_long_prompt_is_charged_at_the_upper_tier_only_beyond_its_edge() -> None:
    model = offered_models().find("anthropic/claude-sonnet-4.6")
    assert model is not None
    at_the_edge = charge_tokens(model.served, Tokens(200_000, 100))
    beyond = charge_tokens(model.served, Tokens(200_001, 100))
    assert at_the_edge.openrouter_usd == Decimal("0.6015")
    assert beyond.openrouter_usd == Decimal("1.202256")


def test_a_discount_lowers_the_charge() -> None:
    model = offered_models().find("deepseek/deepseek-chat")
    assert model is not None
    charge = charge_tokens(model.served, Tokens(1000, 100))
    assert charge.openrouter_usd == Decimal("0.000324243")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("0E-12", "0"),
        ("25.50", "25.5"),
        ("1000", "1000"),
        ("0.0000545211", "0.0000545211"),
        ("0.000001", "0.000001"),
        ("0.00000012", "1.2e-7"),
        ("0.33333333333333333333333333", "0.3333333333333333"),
    ],
)
def test_numbers_are_written_as_javascript_writes_them(amount: str, text: str) -> None:
    assert number_text(Decimal(amount)) == text


def test_added_doubles_carry_the_noise_of_the_recorded_wire() -> None:
    parts = map(Decimal, ("0.0005963957999999999", "0.0000545211", "0.007"))
    assert number_text(add_as_doubles(*parts)) == "0.0076509169000000005"


def test_json_keeps_letters_as_they_are() -> None:
    assert dumps({"é": [True, None, 1.5, "„"]}) == '{"é":[true,null,1.5,"„"]}'
