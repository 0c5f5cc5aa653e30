"""Whatever lands in whatever order, in however many builds: the warehouse is that of one build."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from ingest.compact import compact
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from tests.warehouse.histories import Landing, land, random_history, spread

TOLD_BY_THE_CLOCK = {"fct_ledger_status": "built_at"}
OF_ONE_BUILD = ("int_restated_", "int_touched_", "int_repeated_")

Disturbance = Callable[[Home], None]


def nothing(home: Home) -> None:
    """Nothing happens between two builds."""


def compaction(home: Home) -> None:
    compact(home, up_to_now=True)


def lost_build(home: Home) -> None:
    """The folder of builds goes, as when a disk is cleared."""
    home.build_warehouse.unlink()


def killed_build(home: Home) -> None:
    """What a build leaves that was killed: it has begun, and has not ended."""
    while READERS:
        # One process cannot have a file open to read and to write.
        READERS.pop().close()
    with duckdb.connect(str(home.build_warehouse)) as connection:
        connection.execute("delete from build_state.seen_rules")
        connection.execute("delete from fct_attempts where random() < 0.5")


def open_reader(home: Home) -> None:
    """A notebook keeps a warehouse open over several builds."""
    READERS.append(duckdb.connect(str(home.build_warehouse), read_only=True))


READERS: list[duckdb.DuckDBPyConnection] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "history_seed" in metafunc.fixturenames:
        first, count = (
            int(metafunc.config.getoption(name)) for name in ("--history-seed", "--histories")
        )
        metafunc.parametrize("history_seed", range(first, first + count))


def test_any_split_of_a_history_gives_the_warehouse_of_one_build(
    tmp_path: Path, history_seed: int
) -> None:
    random = Random(history_seed)
    landings = random_history(random)
    home = Home(tmp_path / "many builds")
    disturbances = [nothing, compaction, lost_build, killed_build, open_reader]
    random.shuffle(disturbances)
    count = 0
    for part in spread(random, landings, build_count=4):
        land(home, part, count)
        count += len(part)
        build_warehouse(home)
        if disturbances and home.build_warehouse.exists():
            disturbances.pop()(home)
    assert_same_as_one_build(home, landings, tmp_path)


def assert_same_as_one_build(home: Home, landings: list[Landing], tmp_path: Path) -> None:
    whole = Home(tmp_path / "one build")
    land(whole, landings, 0)
    build_warehouse(whole)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as parts (read_only)")
        connection.execute(f"attach '{whole.warehouse}' as whole (read_only)")
        for table in tables(connection):
            columns = f"* exclude ({column})" if (column := TOLD_BY_THE_CLOCK.get(table)) else "*"
            assert differences(connection, table, columns) == [], table


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'whole'"
        " and schema_name = 'main' order by table_name"
    ).fetchall()
    return [name for (name,) in found if not name.startswith(OF_ONE_BUILD)]


def differences(
    connection: duckdb.DuckDBPyConnection, table: str, columns: str
) -> list[tuple[Any, ...]]:
    parts, whole = (f"select {columns} from {home}.main.{table}" for home in ("parts", "whole"))
    return connection.execute(
        f"(select 'parts', * from ({parts} except all {whole}))"
        f" union all (select 'whole', * from ({whole} except all {parts})) limit 4"
    ).fetchall()
