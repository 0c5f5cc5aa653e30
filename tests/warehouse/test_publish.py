"""Readers see the old warehouse or the new one, never half of either."""

from pathlib import Path

import duckdb

from ingest.warehouse.publish import publish


def make_warehouse(path: Path, answer: int) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create or replace table answers as select ? as answer", [answer])
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
