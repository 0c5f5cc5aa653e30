"""A simulator whose prices are known, and a home to spend in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.lake import Lake
from ingest.pull.prices import pull_prices
from ingest.pull.provider import provider_client
from ingest.settings import Home
from ingest.simulator import RunningSimulator, running_simulator


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    instant = (0.0, 0.0)
    with running_simulator(
        settlement_delay_seconds=instant, interrupted_delay_seconds=instant
    ) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, simulator: RunningSimulator) -> Home:
    home = Home(tmp_path / "home")
    with provider_client(simulator.base_url, "sk-or-v1-test") as client:
        pull_prices(Lake(home.lake), client)
    return home
