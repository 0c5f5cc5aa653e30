"""One simulated year, built and published once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from tests.questions.year import Year, simulate_year

SEED = 5
PLANTED_COUNT = 24

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def year() -> Year:
    return simulate_year(SEED, planted_count=PLANTED_COUNT)


@pytest.fixture(scope="session")
def year_home(year: Year, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("year"))
    year.land(home)
    # All of the year is judged, not only its last quarter.
    build_warehouse(home, variables={"anomaly_days": Decimal(400)})
    return home


@pytest.fixture(scope="session")
def query(year_home: Home) -> Query:
    """Ask the published warehouse of the year, as a reader does."""

    def ask(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(year_home.warehouse), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql, parameters).fetchall()

    return ask
