"""A recorder with a home of its own, and retries that do not wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from ingest.recording.recorder import Recorder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def recorder(home: Path) -> Iterator[Recorder]:
    with Recorder(home) as recorder:
        yield recorder


@pytest.fixture
def without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield
