"""The site, built once from the suite's demo."""

from pathlib import Path

import pytest

from manual.build import build_site
from tests.browser.conftest import browser

__all__ = ["browser"]


@pytest.fixture(scope="session")
def manifest(demo_home: Path) -> Path:
    """What dbt wrote of the project when it built the demo."""
    return demo_home / ".build" / "target" / "manifest.json"


@pytest.fixture(scope="session")
def site(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built pages."""
    return build_site(tmp_path_factory.mktemp("site"), manifest)
