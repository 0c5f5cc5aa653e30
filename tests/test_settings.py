"""Where data live, as the environment says it: alike for the command and the dashboard."""

from pathlib import Path

import pytest

from app.home import published_warehouse
from ingest.settings import Settings


@pytest.mark.parametrize(
    ("told", "home"),
    [
        ("~/books", Path.home() / "books"),
        ("", Path.cwd() / "data"),
        (None, Path.cwd() / "data"),
        ("/srv/books", Path("/srv/books")),
    ],
)
def test_a_home_may_begin_with_a_tilde_and_an_empty_one_is_none(
    told: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INKLEDGER_HOME", raising=False)
    if told is not None:
        monkeypatch.setenv("INKLEDGER_HOME", told)
    assert Settings().home.absolute() == home
    assert published_warehouse() == home / "warehouse.duckdb"
