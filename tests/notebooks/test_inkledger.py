"""The module of notebooks reads what was published, exactly, and can do nothing else."""

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inkledger
from ingest.warehouse.report import read_status

FORBIDDEN = [
    "create table x (a integer)",
    "delete from fct_attempts",
    "drop view fct_waste",
    "from read_csv('/etc/hosts')",
    "from read_text('{home}/../notes')",
    "copy (select 1) to '{home}/out.csv'",
    "attach '{home}/other.duckdb'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set TimeZone = 'Europe/Berlin'",
    "export database '{home}/out'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_connection_can_only_read(demo_home: Path, statement: str) -> None:
    with inkledger.connect(demo_home) as ledger, pytest.raises(duckdb.Error):
        ledger.execute(statement.format(home=demo_home)).fetchall()


def test_a_frame_has_every_digit_and_instants_in_utc(demo_home: Path) -> None:
    with inkledger.connect(demo_home) as ledger:
        found = inkledger.frame(
            ledger,
            "select sum(cost_usd) as cost_usd, sum(input_tokens) as tokens,"
            " max(started_at) as last_at from fct_attempts where stage = ?",
            ["line_art"],
        )
    assert found.schema == {
        "cost_usd": pl.Decimal(38, 12),
        "tokens": pl.Int64,
        "last_at": pl.Datetime("us", "UTC"),
    }
    with duckdb.connect(demo_home / "warehouse.duckdb", read_only=True) as plain:
        (row,) = plain.execute(
            "select sum(cost_usd), sum(input_tokens) from fct_attempts where stage = 'line_art'"
        ).fetchall()
    assert found.row(0)[:2] == row


def test_the_folder_of_the_environment_is_read(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLEDGER_HOME", str(demo_home))
    with inkledger.connect() as ledger:
        assert len(inkledger.frame(ledger, "from fct_ledger_status")) == 1


def test_a_publish_is_neither_blocked_nor_hidden(demo_home: Path, tmp_path: Path) -> None:
    published = tmp_path / "warehouse.duckdb"
    shutil.copy(demo_home / "warehouse.duckdb", published)
    with inkledger.connect(tmp_path) as ledger:
        assert not inkledger.is_outdated(ledger, tmp_path)
        newer = tmp_path / "newer.duckdb"
        shutil.copy(published, newer)
        with duckdb.connect(newer) as build:
            build.execute("update fct_ledger_status set built_at = now(), attempt_count = 7")
        newer.replace(published)
        assert inkledger.is_outdated(ledger, tmp_path)
        before = inkledger.frame(ledger, "select attempt_count from fct_ledger_status").item()
        with inkledger.connect(tmp_path) as again:
            after = inkledger.frame(again, "select attempt_count from fct_ledger_status").item()
            assert not inkledger.is_outdated(again, tmp_path)
        assert (before == 7, after) == (False, 7)
        # What else reads it in this process reads the new one, too.
        assert read_status(published)["attempt_count"] == 7
        published.unlink()
        assert not inkledger.is_outdated(ledger, tmp_path)


def test_what_is_no_warehouse_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(inkledger.WarehouseMissing, match=r"There is no warehouse at .* run"):
        inkledger.connect(tmp_path)
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(inkledger.WarehouseMissing, match="damaged or of another version"):
        inkledger.connect(tmp_path)
    path.unlink()
    duckdb.connect(path).close()
    with pytest.raises(inkledger.WarehouseMissing, match="damaged or of another version"):
        inkledger.connect(tmp_path)
    assert inkledger.warehouse_path("it's").name == "warehouse.duckdb"


@settings(deadline=None)  # A first connection takes as long as the machine is busy.
@given(
    st.one_of(
        st.text().filter(lambda text: "\x00" not in text),
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.decimals(-1000, 1000, places=12),
        st.dates(date(1900, 1, 1)),
        st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.none(),
    )
)
def test_a_value_in_a_query_is_that_value(value: object) -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        ((told, listed),) = connection.execute(
            f"select {inkledger.literal(value)}, 1 in {inkledger.literal([])}"
        ).fetchall()
    assert told == value
    assert not listed


def test_a_list_is_a_list_and_anything_else_is_refused() -> None:
    assert inkledger.literal(["a'b", 1, None]) == "('a''b', 1, null)"
    with pytest.raises(TypeError, match="float has no way to be written"):
        inkledger.literal(0.1)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (None, "unknown"),
        (Decimal(0), "0 USD"),
        (Decimal("1234.5678"), "1,234.57 USD"),
        (Decimal("-3.9"), "−3.90 USD"),
        (Decimal("0.04296303"), "0.0430 USD"),
        (Decimal("0.00000712"), "0.0000071 USD"),
    ],
)
def test_an_amount_has_the_digits_that_matter(amount: Decimal | None, written: str) -> None:
    assert inkledger.usd(amount) == written


@pytest.mark.parametrize(
    ("figures", "written"),
    [
        (("0.4940", "0.4499", "0.5608"), ("0.49", "0.45", "0.56")),
        (("0.0430", "0.0410", "0.0449"), ("0.0430", "0.0410", "0.0449")),
        (("1791.2", "1733.4", "1848.3"), ("1,791", "1,733", "1,848")),
        (("2.1", "2.1", "2.1"), ("2.1000", "2.1000", "2.1000")),
    ],
)
def test_a_range_leaves_no_digit_that_means_nothing(
    figures: tuple[str, str, str], written: tuple[str, str, str]
) -> None:
    assert inkledger.ranged(*map(Decimal, figures)) == written


def test_a_name_is_written_letter_by_letter() -> None:
    written = inkledger.plain("<b>*a*</b> $1$ [x](y)\n# `z` :cat:")
    assert not set("<>*$[](`:\n") & set(written.replace("&#", "").replace(";", ""))
