"""Money is exact from the wire's digits to the screen's; a float is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ingest.money import USD_PLACES, format_usd, loads, round_usd
from ingest.records import Usd

amounts = st.decimals(min_value=0, max_value=999_999, places=12)
USD = TypeAdapter(Usd)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_a_server_prints_keeps_its_digits(number: float) -> None:
    assert loads(f"[{number!r}]") == [Decimal(repr(number))]


@pytest.mark.parametrize("text", ["0.0076509169000000005", "1.2e-7", "1E-12", "0.10", "-0.0"])
def test_every_form_of_a_number_keeps_its_digits(text: str) -> None:
    (amount,) = loads(f"[{text}]")
    assert isinstance(amount, Decimal)
    assert str(amount) == str(Decimal(text))


@pytest.mark.parametrize(
    "text",
    ["NaN", "[Infinity]", "-Infinity", "", "{", b"\xff", "1e" + "9" * 30, "1" * 5000, "[" * 99_999],
)
def test_what_is_no_json_is_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


@given(st.decimals(min_value=0, max_value=999_999, allow_nan=False, places=20))
def test_rounding_keeps_twelve_places_and_is_off_by_half_a_place_at_most(amount: Decimal) -> None:
    rounded = round_usd(amount)
    assert rounded.as_tuple().exponent == -12
    assert abs(rounded - amount) <= USD_PLACES / 2
    assert round_usd(rounded) == rounded


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.0000000000005", "0"), ("0.0000000000015", "2e-12"), ("0.00000000000050000001", "1e-12")],
)
def test_a_half_goes_to_the_even_side(amount: str, rounded: str) -> None:
    assert round_usd(Decimal(amount)) == Decimal(rounded)


def test_an_amount_beyond_all_measure_is_refused() -> None:
    for amount in ("1e20", "1e400", "-1e30"):
        with pytest.raises(ValueError, match="too large"):
            round_usd(Decimal(amount))


@given(amounts)
def test_a_printed_amount_reads_back_as_itself(amount: Decimal) -> None:
    text = format_usd(amount)
    assert Decimal(text) == amount
    assert "E" not in text
    assert text == "0" or not text.endswith((".", "0")) or "." not in text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0E-12", "0"),
        ("-0", "0"),
        ("0.040", "0.04"),
        ("1E+2", "100"),
        ("10", "10"),
        ("1.2e-7", "0.00000012"),
    ],
)
def test_an_amount_is_printed_plainly(amount: str, text: str) -> None:
    assert format_usd(Decimal(amount)) == text


def test_a_float_is_refused_as_money_and_decimal_strings_are_taken() -> None:
    with pytest.raises(ValidationError, match="never a float"):
        USD.validate_python(0.1)
    assert USD.validate_python("0.1") == Decimal("0.1")
    assert USD.validate_python("0.0004970133333333333") == Decimal("0.000497013333")


@pytest.mark.parametrize("amount", ["1e400", "NaN", "Infinity", "one"])
def test_what_is_no_amount_fails_validation(amount: str) -> None:
    with pytest.raises(ValidationError):
        USD.validate_python(amount)
