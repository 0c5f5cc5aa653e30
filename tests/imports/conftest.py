"""A desk to import at, and an old back office to import from."""

from pathlib import Path

import pytest

from tests.imports.exports import Desk
from tests.imports.old_office import OldOffice
from tests.postgres import Postgres


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def office(tmp_path: Path, postgres: Postgres) -> OldOffice:
    return OldOffice(postgres, postgres.new_database(), tmp_path)
