"""Readers see the old warehouse or the new one, never half of either."""

from pathlib import Path

import duckdb
import pytest

from ingest.warehouse.publish import begin_from, publish


def make_warehouse(path: Path, answer: int, *, went_on: bool = True) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create or replace table answers as select ? as answer", [answer])
        connection.execute("create schema if not exists build_state")
        connection.execute("create or replace table build_state.seen_rules as select 'rules'")
        connection.execute(
            "create or replace table build_state.this_build as select ? as is_restating", [went_on]
        )
    return path


def read_answer(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return read(connection)


def read(connection: duckdb.DuckDBPyConnection) -> int:
    (row,) = connection.execute("select answer from answers").fetchall()
    return int(row[0])


def test_an_open_reader_keeps_the_old_and_the_next_one_sees_the_new(tmp_path: Path) -> None:
    published = tmp_path / "warehouse.duckdb"
    publish(make_warehouse(tmp_path / "built.duckdb", 1), published)
    with duckdb.connect(str(published), read_only=True) as dashboard:
        publish(make_warehouse(tmp_path / "built.duckdb", 2), published)
        assert read(dashboard) == 1
    assert read_answer(published) == 2


def test_what_a_killed_process_left_in_its_log_is_published_too(tmp_path: Path) -> None:
    built, published = tmp_path / "built.duckdb", tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(make_warehouse(tmp_path / "live.duckdb", 1))) as writer:
        writer.execute("pragma disable_checkpoint_on_shutdown")
        writer.execute("update answers set answer = 2")
        for suffix in ("", ".wal"):
            built.with_name(built.name + suffix).write_bytes(
                (tmp_path / f"live.duckdb{suffix}").read_bytes()
            )
    publish(built, published)
    assert read_answer(published) == 2
    assert {path.name for path in tmp_path.glob("*.wal")} <= {"live.duckdb.wal"}


@pytest.mark.parametrize(("went_on", "begins_from"), [(True, 1), (False, 2)])
def test_a_build_goes_on_from_the_file_before_the_last_unless_the_last_began_anew(
    tmp_path: Path, went_on: bool, begins_from: int
) -> None:
    """What made the last build begin anew, as a changed rule, holds for the file before it too."""
    built = make_warehouse(tmp_path / "built.duckdb", 1)
    published = make_warehouse(tmp_path / "warehouse.duckdb", 2, went_on=went_on)
    begin_from(built, published)
    assert read_answer(built) == begins_from


@pytest.mark.parametrize("spoilt", ["built.duckdb", "warehouse.duckdb"])
def test_a_spoilt_file_is_nothing_to_go_on_from(tmp_path: Path, spoilt: str) -> None:
    built = make_warehouse(tmp_path / "built.duckdb", 1)
    published = make_warehouse(tmp_path / "warehouse.duckdb", 2)
    (tmp_path / spoilt).write_bytes(b"no database")
    begin_from(built, published)
    if spoilt == "built.duckdb":
        assert read_answer(built) == 2
    else:
        assert not built.exists()
