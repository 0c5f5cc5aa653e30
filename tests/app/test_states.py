"""Nothing there, nothing in it, not readable, replaced: each is said, and none breaks a page."""

from pathlib import Path

import duckdb
import pytest

from app import ledger
from tests.app.conftest import ChangeDemo, OpenApp, spoken
from tests.conftest import run_inkledger

PAGES = ["overview", "costs", "ebook", "models", "reconciliation", "plan", "explore"]


@pytest.mark.parametrize("page", PAGES)
def test_without_a_warehouse_the_app_says_what_makes_one(
    open_app: OpenApp, tmp_path: Path, page: str
) -> None:
    app = open_app(tmp_path / "nowhere", page)
    assert not app.exception
    assert "`inkledger demo`" in spoken(app)
    assert "`inkledger build`" in spoken(app)


def test_an_empty_ledger_is_called_empty(open_app: OpenApp, tmp_path: Path) -> None:
    assert run_inkledger(tmp_path, "build").returncode == 0
    for page in PAGES:
        app = open_app(tmp_path, page)
        assert not app.exception
        assert "no call has been recorded" in spoken(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_file_that_is_no_warehouse_is_named(open_app: OpenApp, tmp_path: Path, page: str) -> None:
    (tmp_path / "warehouse.duckdb").write_text("not a database")
    app = open_app(tmp_path, page)
    assert not app.exception
    assert str(tmp_path) in spoken(app)
    assert "`inkledger build` makes it anew" in spoken(app)


def test_a_home_that_is_a_file_or_a_loop_is_named(open_app: OpenApp, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for home in (tmp_path / "file", tmp_path / "loop"):
        app = open_app(home)
        assert not app.exception
        assert f"{home}/warehouse.duckdb" in app.error[0].value


@pytest.mark.parametrize("page", PAGES)
def test_a_warehouse_of_another_release_is_not_a_traceback(
    open_app: OpenApp, change_demo: ChangeDemo, page: str
) -> None:
    app = open_app(change_demo("drop table fct_ebook_costs", "drop table fct_hourly_costs"), page)
    assert not app.exception
    assert "`inkledger build` makes it anew" in spoken(app)


def test_a_page_that_needs_too_much_memory_says_so(
    open_app: OpenApp, change_demo: ChangeDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_readers", ledger._Readers("64MB"))
    endless = "select len(list(range)) as length from range(100_000_000)"
    home = change_demo(
        f"create view hungry as {endless}",
        "alter table fct_ledger_status rename to kept",
        "create view fct_ledger_status as select kept.* from kept, hungry where length > 0",
    )
    app = open_app(home)
    assert not app.exception
    assert "needs more memory than it may use" in spoken(app)


def test_a_build_that_is_published_meanwhile_is_shown(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo("update fct_ledger_status set cost_usd = 1.25")
    app = open_app(home)
    assert "**1.25 USD** in all" in spoken(app)
    # A reader that is still open keeps the old file alive, as another user's page would.
    with duckdb.connect(home / "warehouse.duckdb", config={"access_mode": "READ_ONLY"}):
        _publish_another(home)
        assert "**2.5 USD** in all" in spoken(app.run())


def _publish_another(home: Path) -> None:
    built = home / "built.duckdb"
    built.write_bytes((home / "warehouse.duckdb").read_bytes())
    with duckdb.connect(built) as connection:
        connection.execute("update fct_ledger_status set cost_usd = 2.50")
    built.replace(home / "warehouse.duckdb")
