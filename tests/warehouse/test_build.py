"""A build decides, tests and publishes; one that fails says what failed and publishes nothing."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from filelock import FileLock

from ingest.errors import BuildFailed, LakeUnreadable, UsageError
from ingest.lake import Lake, to_frame
from ingest.settings import Home
from ingest.warehouse.build import BuildResult, build_warehouse
from ingest.warehouse.report import read_status
from tests.warehouse.conftest import land_frame
from tests.warehouse.rows import NOON, attempt

Query = Callable[[str], list[tuple[Any, ...]]]


def test_every_attempt_is_there_once_with_its_cost_and_who_said_it(query: Query) -> None:
    rows = query("select event_id, cost_usd, cost_source, cost_status from fct_attempts")
    assert {event_id: tuple(said) for event_id, *said in rows} == {
        "drawn": (Decimal("0.04"), "reported", "confirmed"),
        "redrawn": (Decimal("0.05"), "reported", "confirmed"),
        "refused": (0, "documented_zero", "confirmed"),
        "own-key": (Decimal("0.021"), "reported", "confirmed"),
        "tiny": (Decimal("0.000000000001"), "reported", "confirmed"),
        "silent": (None, None, "unknown"),
        "lost": (None, None, "in_doubt"),
        "endless": (0, "reported", "confirmed"),
        "boundless": (None, None, "unknown"),
        "cut": (Decimal("0.01"), "settled", "confirmed"),
        "exported-only": (Decimal("0.5"), "activity_export", "confirmed"),
        "from-the-future": (Decimal("0.1"), "reported", "confirmed"),
    }
    assert len(rows) == 12


def test_what_disagrees_in_the_data_is_told_and_does_not_stop_the_build(built: BuildResult) -> None:
    runs, settlements = sorted(warning.sentence() for warning in built.warnings)
    assert "(tests/assert_runs_agree_with_their_producer.sql)" in runs
    assert runs.endswith("Runs of which the producer counted otherwise than what landed (1 found)")
    assert "Generations that OpenRouter charged and that no recorded attempt knows" in settlements
    assert built.model_count > 0
    assert built.test_count > 0


def test_only_the_warehouse_is_published(built: BuildResult, home: Home) -> None:
    published = {path.name for path in home.root.iterdir()}
    assert published == {"lake", ".build", "warehouse.duckdb"}
    assert built.warehouse == home.warehouse
    assert not home.build_warehouse.with_name("warehouse.duckdb.wal").exists()


def test_no_column_of_money_is_a_float(query: Query) -> None:
    types = query(
        "select distinct data_type from information_schema.columns"
        " where table_name like 'fct%' and column_name like '%usd'"
    )
    assert set(types) == {("DECIMAL(38,12)",), ("DECIMAL(18,12)",)}


def test_a_clock_that_is_decades_off_makes_no_forecast_of_each_day_in_between(
    tmp_path: Path,
) -> None:
    calls = [attempt("now"), attempt("ahead", started_at=NOON.replace(year=2100))]
    Lake(tmp_path / "lake").land("usage_events", "calls", calls, NOON)
    with duckdb.connect(str(build_warehouse(Home(tmp_path)).warehouse), read_only=True) as built:
        # From four weeks after the first call to eight.
        assert built.execute("select count(*) from fct_forecast").fetchone() == (29,)


def test_a_second_build_at_once_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.build.mkdir()
    with FileLock(home.build / "build.lock"), pytest.raises(BuildFailed, match="Another build"):
        build_warehouse(home)
    assert not home.warehouse.exists()


def test_a_home_may_have_almost_any_name(tmp_path: Path) -> None:
    home = Home(tmp_path / "a #1 what" / "'q' \"Q\" [b] *é {{x}} %s;--")
    land_frame(home, to_frame("usage_events", [attempt("one", reported_cost_usd=Decimal("0.04"))]))
    build_warehouse(home)
    assert read_status(home.warehouse)["cost_usd"] == "0.04"


def test_a_home_that_duckdb_takes_for_an_address_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name without it for INKLEDGER_HOME"):
        build_warehouse(Home(tmp_path / "what?"))


@pytest.mark.parametrize("spoilt", [b"no database", b""])
def test_what_an_earlier_build_left_spoilt_is_made_again(tmp_path: Path, spoilt: bytes) -> None:
    home = Home(tmp_path)
    home.build.mkdir()
    home.build_warehouse.write_bytes(spoilt)
    build_warehouse(home)
    assert read_status(home.warehouse)["attempt_count"] == 0


def test_a_file_of_the_lake_that_is_not_whole_is_named_with_what_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = land_frame(home, to_frame("usage_events", [attempt("one")]))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(LakeUnreadable, match=f"{path} is not whole: bring it back"):
        build_warehouse(home)


def test_a_file_of_the_lake_that_is_spoilt_inside_is_named_with_what_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    rows = [attempt(f"attempt-{number}") for number in range(50)]
    path = land_frame(home, to_frame("usage_events", rows))
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) // 2) + content[4 + len(content) // 2 :])
    with pytest.raises(LakeUnreadable, match=f"{path} is spoilt inside: bring it back"):
        build_warehouse(home)


def test_a_build_that_fails_says_where_and_leaves_what_was_published(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.warehouse.write_bytes(b"published before")
    row = attempt("foreign").model_dump() | {"input_tokens": "many"}
    schema = to_frame("usage_events", []).schema | {"input_tokens": pl.String()}
    land_frame(home, pl.DataFrame([row], schema=schema))
    with pytest.raises(BuildFailed) as failed:
        build_warehouse(home)
    said = str(failed.value)
    assert "fct_attempts" in said
    assert "(models/" in said
    assert "Could not convert string 'many' to INT64" in said
    assert "\n" not in said
    assert home.warehouse.read_bytes() == b"published before"
