"""Digits that matter on the screen, every digit beside it."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from app.downloads import to_csv, to_sql
from app.formats import age, change, counted, moment, money, money_prose, share, usd_exact


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "$0"), ("0E-12", "$0"), ("1234.567", "$1,234.57"), ("1", "$1.00"),
     ("0.05177", "$0.0518"), ("0.99999", "$1.0000"), ("0.0000626", "$0.000063"),
     ("0.000000000001", "$0.0000000000010"), ("-0.5", "−$0.5000")],
)  # fmt: skip
def test_dollars_have_cents_and_less_has_the_digits_that_matter(amount: str, shown: str) -> None:
    assert money(Decimal(amount)) == shown


def test_what_nobody_has_said_is_unknown_and_not_zero() -> None:
    assert {money(None), usd_exact(None), money_prose(None)} == {"unknown"}


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("6.678692439999", "6.678692439999 USD"), ("0.040000000000", "0.04 USD"), ("0E-12", "0 USD"),
     ("100", "100 USD"), ("1E-12", "0.000000000001 USD")],
)  # fmt: skip
def test_an_exact_amount_has_every_digit_and_no_exponent(amount: str, shown: str) -> None:
    assert usd_exact(Decimal(amount)) == shown


def test_prose_has_no_dollar_sign_for_markdown_to_take_as_a_formula() -> None:
    assert money_prose(Decimal("0.93")) == "0.9300 USD"


def test_shares_are_percentages_and_nothing_shared_is_a_dash() -> None:
    assert (share(Decimal("0.139357")), share(Decimal(0)), share(None)) == ("13.9%", "0.0%", "—")


def test_a_change_says_its_direction() -> None:
    assert (change(Decimal("0.5")), change(Decimal("-12"))) == ("+50.0%", "−1,200.0%")


def test_amounts_in_another_currency_are_not_dollars() -> None:
    assert money(Decimal("2.5"), "EUR") == "€2.50"
    assert money(Decimal("2.5"), "CHF") == "CHF 2.50"


@pytest.mark.parametrize(
    ("value", "written"),
    [("it's", "'it''s'"), (None, "null"), (True, "true"), (["a", "b"], "['a', 'b']"),
     ({"zone": "UTC", "is_fine": False}, "{'zone': 'UTC', 'is_fine': false}"),
     (Decimal("0.10"), "0.10"),
     (datetime(2026, 4, 1, tzinfo=UTC), "timestamptz '2026-04-01 00:00:00+00:00'")],
)  # fmt: skip
def test_a_parameter_is_written_as_sql(value: object, written: str) -> None:
    assert to_sql(value) == written


def test_counts_have_their_noun() -> None:
    assert (counted(1, "call"), counted(0, "call"), counted(4200, "call")) == (
        "1 call", "0 calls", "4,200 calls",
    )  # fmt: skip


def test_a_moment_is_told_in_utc() -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    assert moment(datetime(2026, 4, 2, 1, 15, tzinfo=kolkata)) == "1 Apr 2026, 19:45 UTC"


@pytest.mark.parametrize(
    ("elapsed", "told"),
    [(timedelta(seconds=5), "less than a minute"), (timedelta(minutes=61), "1 hour"),
     (timedelta(hours=49), "2 days"), (timedelta(seconds=-3), "less than a minute")],
)  # fmt: skip
def test_ages_are_told_in_their_greatest_unit(elapsed: timedelta, told: str) -> None:
    assert age(elapsed) == told


def test_a_download_has_every_digit_and_nothing_for_the_unknown() -> None:
    row = {"book": 'Fox, "Fern"', "cost_usd": Decimal("0.040000000001"), "pages": None,
           "last_call_at": datetime(2026, 4, 1, tzinfo=UTC)}  # fmt: skip
    assert to_csv([row]).splitlines() == [
        "book,cost_usd,pages,last_call_at",
        '"Fox, ""Fern""",0.040000000001,,2026-04-01T00:00:00+00:00',
    ]


def test_a_download_of_nothing_is_empty() -> None:
    assert to_csv([]).strip() == ""
