"""A home of its own for every test, and a recorder that writes into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.recording.recorder import Recorder

BASE_URL = "https://openrouter.ai/api/v1"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def recorder(home: Path) -> Iterator[Recorder]:
    with Recorder(home, base_url=BASE_URL) as recorder:
        yield recorder
