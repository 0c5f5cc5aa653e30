"""Files of exchange rates: all of one lands, or none of it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.errors import UnreadableFile
from ingest.imports.exchange_rates import import_exchange_rates
from ingest.lake import Lake

NOW = datetime(2026, 4, 10, tzinfo=UTC)
HISTORY = """Date,USD,JPY,CYP,
2026-04-02,1.0777,155.53,N/A,
2026-04-01,1.08,155.1,N/A,
"""
TODAY = "Date, USD, JPY, \n02 April 2026, 1.0777, 155.53, \n"
PLAIN = "date,currency,rate\n2026-04-01,eur,0.925925925925925\n2026-04-02,JPY,144.3\n"


def land(tmp_path: Path, text: str | bytes) -> tuple[int, list[tuple[date, str, str, Decimal]]]:
    path = tmp_path / "rates.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    lake = Lake(tmp_path / "lake")
    landed = import_exchange_rates(path, lake, landed_at=NOW)
    rows = lake.scan("exchange_rates").collect().select(
        "rate_date", "base_currency", "currency", "rate"
    )  # fmt: skip
    return landed.rate_count, sorted(rows.rows())


def test_the_bank_s_history_lands_with_units_for_one_euro(tmp_path: Path) -> None:
    count, rows = land(tmp_path, "\ufeff" + HISTORY)
    assert count == 4
    assert rows == [
        (date(2026, 4, 1), "EUR", "JPY", Decimal("155.1")),
        (date(2026, 4, 1), "EUR", "USD", Decimal("1.08")),
        (date(2026, 4, 2), "EUR", "JPY", Decimal("155.53")),
        (date(2026, 4, 2), "EUR", "USD", Decimal("1.0777")),
    ]


def test_the_bank_s_file_of_today_has_another_form_of_date(tmp_path: Path) -> None:
    assert land(tmp_path, TODAY)[1] == [
        (date(2026, 4, 2), "EUR", "JPY", Decimal("155.53")),
        (date(2026, 4, 2), "EUR", "USD", Decimal("1.0777")),
    ]


def test_a_plain_list_says_what_one_dollar_bought(tmp_path: Path) -> None:
    assert land(tmp_path, PLAIN)[1] == [
        (date(2026, 4, 1), "USD", "EUR", Decimal("0.925925925926")),
        (date(2026, 4, 2), "USD", "JPY", Decimal("144.3")),
    ]


def test_the_same_file_again_lands_nothing(tmp_path: Path) -> None:
    land(tmp_path, PLAIN)
    assert len(land(tmp_path, PLAIN)[1]) == 2
    assert len(land(tmp_path, PLAIN + "2026-04-03,JPY,145\n")[1]) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day,what\n1,2\n", "rates.csv is no list of exchange rates: its first line must be"),
        ("Date,EUR\n2026-04-01,1\n", "no list of exchange rates"),
        ("date,currency,rate\n", "rates.csv has a header and no rates"),
        ("", "no list of exchange rates"),
        (PLAIN + "2026-13-01,JPY,1\n", "line 4: '2026-13-01' is not a date like 2026-11-24"),
        (PLAIN + "2026-04-01,JPY,-1\n", "line 4: rate: Input should be greater than 0"),
        (PLAIN + "2026-04-01,JPY,1e9\n", "line 4: rate: Input should be less than"),
        (PLAIN + "2026-04-01,JPY,\n", "line 4: rate: Input should be a valid decimal"),
        (PLAIN + "2026-04-01,JPY,nan\n", "line 4: rate: "),
        (PLAIN + "2026-04-01,YEN!,1\n", "line 4: currency: "),
        (PLAIN + "2026-04-01,JPY\n", "line 4: there are 2 cells where three should be"),
        (HISTORY + "2026-04-03,1\n", "line 4: there are 2 cells below a head of 5"),
        (b"PK\x03\x04\xff\xfe", "rates.csv is not a CSV; unpack it first if it is an archive"),
    ],
)
def test_a_file_that_cannot_be_read_lands_nothing_and_its_line_is_named(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        land(tmp_path, text)
    assert said in str(refused.value)
    assert not (tmp_path / "lake").exists()
