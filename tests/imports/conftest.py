"""A desk to import at."""

from pathlib import Path

import pytest

from tests.imports.exports import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
