"""One simulator for a whole module, and clients that speak to it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import httpx
import pytest

from ingest.simulator import RunningSimulator, running_simulator

API_KEY = "sk-or-v1-test"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """A simulator without chance faults, whose records are ready at once."""
    with _prompt_simulator() as running:
        yield running


@pytest.fixture(scope="module")
def twin() -> Iterator[RunningSimulator]:
    """Another of the same seed: it answers whole what the first was made to break off."""
    with _prompt_simulator() as running:
        yield running


@pytest.fixture
def client(simulator: RunningSimulator) -> Iterator[httpx.Client]:
    """An ordinary client with an ordinary key."""
    with client_of(simulator) as http:
        yield http


def client_of(simulator: RunningSimulator, api_key: str = API_KEY) -> httpx.Client:
    """A client that takes the simulator for OpenRouter."""
    headers = {"Authorization": f"Bearer {api_key}"}
    # Without TLS in sight, loading the certificates would take most of the time of a test.
    return httpx.Client(base_url=simulator.base_url, headers=headers, timeout=20, verify=False)


def _prompt_simulator() -> AbstractContextManager[RunningSimulator]:
    instant = (0.0, 0.0)
    return running_simulator(settlement_delay_seconds=instant, interrupted_delay_seconds=instant)
