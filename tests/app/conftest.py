"""The pages, run as Streamlit runs them, over a folder of data."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from app.ledger import sql_of
from app.view import View
from app.warehouse import Warehouse
from tests.conftest import run_inkledger

MAIN = Path(__file__).parents[2] / "app" / "main.py"

OpenApp = Callable[..., AppTest]
ChangeDemo = Callable[..., Path]


@pytest.fixture
def open_app() -> Iterator[OpenApp]:
    """Opens a page on an INKLEDGER_HOME, which is set only while a test lasts."""
    before = os.environ.get("INKLEDGER_HOME")

    def opened(home: Path, page: str = "overview", **query: str) -> AppTest:
        os.environ["INKLEDGER_HOME"] = str(home)
        app = AppTest.from_file(MAIN, default_timeout=30)
        app.query_params.update(query)
        if page != "overview":
            app.run().switch_page(f"screens/{page}.py")
            app.query_params.update(query)
        return app.run()

    yield opened
    if before is None:
        os.environ.pop("INKLEDGER_HOME", None)
    else:
        os.environ["INKLEDGER_HOME"] = before


@pytest.fixture
def change_demo(demo_home: Path, tmp_path: Path) -> ChangeDemo:
    """Copies the demo's warehouse to a home of its own and changes it by SQL."""

    def changed(*statements: str) -> Path:
        shutil.copy(demo_home / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
        with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
            for statement in statements:
                connection.execute(statement)
        return tmp_path

    return changed


@pytest.fixture(scope="session")
def reported(demo_home: Path) -> dict[str, Any]:
    """What `inkledger report status` and `report ebooks` print for the demo."""
    return {name: _report(demo_home, name) for name in ("status", "ebooks")}


WHOLE = View("UTC", "USD")
"""Everything, as the ledger counts it."""


def answer(
    home: Path, question: str, view: View = WHOLE, **parameters: Any
) -> list[dict[str, Any]]:
    """What a question of the app is answered with, on a home of its own."""
    sql = sql_of(question)
    views = {name: view.as_parameter() for name in ("view", "before") if f"${name}" in sql}
    return Warehouse(home / "warehouse.duckdb").fetch(sql, {**views, **parameters})


def tiles(app: AppTest) -> dict[str, tuple[str, str]]:
    """Label → number and remark of each tile."""
    return {tile.label: (tile.value, tile.delta) for tile in app.metric}


def spoken(app: AppTest) -> str:
    """All sentences on the screen."""
    blocks = (app.markdown, app.caption, app.info, app.warning, app.error, app.title, app.header)
    return "\n".join(str(block.value) for kind in blocks for block in kind)


def _report(home: Path, name: str) -> Any:
    finished = run_inkledger(home, "report", name, "--format", "json")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
