"""Whatever lands in whatever order, in however many builds: the warehouse is that of one build."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pytest

from ingest.compact import compact
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from tests.warehouse.histories import Landing, land, random_history, spread
from tests.warehouse.rows import NOON, acceptance, attempt, ebook, finished_run

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


def test_whatever_is_told_of_an_ebook_restates_it(tmp_path: Path) -> None:
    of_a_page = {"stage": "line_art", "page_number": 1, "reported_cost_usd": Decimal("0.1")}
    before = [
        Landing(
            "usage_events",
            tuple(
                attempt(f"of-{book}", ebook_id=book, run_id=f"run-{book}", **of_a_page)
                for book in ("forest", "river", "meadow")
            ),
        ),
        Landing("outcomes", (acceptance("operation-of-forest"),)),
        Landing(
            "ebooks",
            tuple(
                ebook(name, kind="novel", page_count=2) for name in ("forest", "river", "meadow")
            ),
        ),
        Landing("control_totals", (finished_run("run-meadow", 1, "0.1", ebook_id="meadow"),)),
    ]
    later = NOON + timedelta(hours=1)
    changed = ebook("forest", kind="coloring_book", page_count=1, recorded_at=later)
    # A run that ended, and one that turned out to be of another ebook.
    ended = finished_run("run-river", 1, "0.1", ebook_id="river")
    moved = finished_run("run-meadow", 1, "0.1", ebook_id="forest", finished_at=later)
    after = [
        Landing("ebooks", (changed, ebook("planned", kind="novel"))),
        Landing("control_totals", (ended, moved)),
        Landing(
            "usage_events",
            (attempt("shared", ebook_ids='["brook"]'), attempt("of-dune", ebook_id="dune")),
        ),
    ]
    home = Home(tmp_path / "two builds")
    land(home, before, 0)
    build_warehouse(home)
    land(home, after, len(before))
    build_warehouse(home)
    assert_same_as_one_build(home, before + after, tmp_path)


def assert_same_as_one_build(home: Home, landings: list[Landing], tmp_path: Path) -> None:
    whole = Home(tmp_path / "one build")
    land(whole, landings, 0)
    build_warehouse(whole)
    parts, one = marts(home), marts(whole)
    assert parts.keys() == one.keys()
    for mart, rows in one.items():
        assert (list(parts[mart] - rows)[:4], list(rows - parts[mart])[:4]) == ([], []), mart


def marts(home: Home) -> dict[str, Counter[str]]:
    """The rows of every table, and of every view that is made for readers."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        found = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'main' union all"
            " select view_name from duckdb_views() where schema_name = 'main' and not internal"
            " and regexp_matches(view_name, '^(fct|dim)_') order by 1"
        ).fetchall()
        names = [name for (name,) in found if not name.startswith(OF_ONE_BUILD)]
        return {name: rows_of(connection, name) for name in names}


def rows_of(connection: duckdb.DuckDBPyConnection, mart: str) -> Counter[str]:
    columns = f"* exclude ({column})" if (column := TOLD_BY_THE_CLOCK.get(mart)) else "*"
    return Counter(map(repr, connection.execute(f"select {columns} from {mart}").fetchall()))
