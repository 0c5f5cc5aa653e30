"""A simulated OpenRouter whose records are ready at once, and a lake to land them in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.lake import Lake
from ingest.simulator import RunningSimulator, running_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    instant = (0.0, 0.0)
    with running_simulator(
        settlement_delay_seconds=instant, interrupted_delay_seconds=instant
    ) as running:
        yield running


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")
