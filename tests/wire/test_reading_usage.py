"""Usage is read into one vocabulary; what is missing or odd is unknown, never zero."""

from decimal import Decimal

import pytest

from ingest.wire.usage import Usage, read_usage


def test_what_is_missing_is_unknown_and_what_is_zero_is_zero() -> None:
    assert read_usage(b"{}") == Usage()
    assert read_usage(b'{"cost":0,"prompt_tokens":0}') == Usage(
        input_tokens=0, reported_cost_usd=Decimal(0)
    )


@pytest.mark.parametrize("value", ['"ten"', '"NaN"', "true", "null", "[]", "{}"])
def test_a_cost_that_is_no_number_is_unknown(value: str) -> None:
    usage = read_usage(f'{{"cost":{value},"prompt_tokens":{value},"is_byok":0}}'.encode())
    assert usage == Usage()


@pytest.mark.parametrize("value", ["-1", "9223372036854775808", "1.5", "true"])
def test_a_count_that_makes_no_sense_is_unknown_and_the_cost_beside_it_stands(value: str) -> None:
    usage = read_usage(f'{{"cost":0.3,"prompt_tokens":{value}}}'.encode())
    assert usage == Usage(reported_cost_usd=Decimal("0.3"))


def test_details_that_are_null_are_unknown() -> None:
    usage = b'{"cost_details":null,"prompt_tokens_details":null,"server_tool_use":null}'
    assert read_usage(usage) == Usage()


def test_a_cost_in_quotes_keeps_its_digits() -> None:
    usage = read_usage(b'{"cost":"0.0076509169000000005"}')
    assert usage == Usage(reported_cost_usd=Decimal("0.0076509169000000005"))


@pytest.mark.parametrize("source", [b"null", b"[]", b"7", b'"usage"', b"{"])
def test_what_is_no_object_is_no_usage(source: bytes) -> None:
    assert read_usage(source) is None


def test_upstream_cost_is_added_for_a_key_of_ones_own_only() -> None:
    paid = {"reported_cost_usd": Decimal("0.001"), "upstream_cost_usd": Decimal("0.02")}
    assert Usage(**paid, is_byok=True).cost_usd == Decimal("0.021")  # type: ignore[arg-type]
    assert Usage(**paid, is_byok=False).cost_usd == Decimal("0.001")  # type: ignore[arg-type]
    assert Usage(**paid).cost_usd == Decimal("0.001")  # type: ignore[arg-type]
    assert Usage(reported_cost_usd=Decimal(0), is_byok=True).cost_usd is None
    assert Usage(upstream_cost_usd=Decimal(1), is_byok=True).cost_usd is None


def test_cache_tokens_stand_outside_the_input_of_messages_only() -> None:
    cache = b'"cache_read_input_tokens":100,"cache_creation_input_tokens":10}'
    for source in (b'{"input_tokens":3,' + cache, b'{"prompt_tokens":113,' + cache):
        usage = read_usage(source)
        assert usage is not None
        assert usage.input_tokens == 113
