"""One ebook by stage, page and attempt."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.charts import margin_line
from tests.app.conftest import ChangeDemo, OpenApp, answer, spoken, tiles
from tests.app.test_costs import HOSTILE


def test_an_ebook_has_the_cost_that_the_report_prints(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any]
) -> None:
    for ebook in reported["ebooks"][:3]:
        app = open_app(demo_home, "ebook", ebook_id=ebook["ebook_id"])
        assert not app.exception
        assert app.title[0].value == ebook["title"]
        assert tiles(app)["Cost"][1] == f"{ebook['cost_usd']} USD"
        assert tiles(app)["Pages"][0] == str(ebook["page_count"])
        assert tiles(app)["Attempts"][0] == str(ebook["call_count"])


def test_its_attempts_add_up_to_its_cost(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any]
) -> None:
    ebook = reported["ebooks"][0]
    attempts = open_app(demo_home, "ebook", ebook_id=ebook["ebook_id"]).dataframe[-1].value
    assert sum(attempts["cost_usd"]) == Decimal(ebook["cost_usd"])
    assert len(attempts) == ebook["call_count"]


def test_its_stages_and_its_pages_add_up_to_its_cost(
    demo_home: Path, reported: dict[str, Any]
) -> None:
    for ebook in reported["ebooks"]:
        if ebook["ebook_id"] == "unattributed":
            continue
        for question in ("ebook_stages", "ebook_pages", "ebook_timeline", "ebook_tree"):
            rows = answer(demo_home, question, ebook_id=ebook["ebook_id"])
            parts = [row["cost_usd"] for row in rows if row.get("depth", 3) == 3]
            assert sum(parts) == Decimal(ebook["cost_usd"]), question


def test_a_rejected_drawing_is_a_wasted_block_of_its_page(
    demo_home: Path, reported: dict[str, Any]
) -> None:
    ebook = next(ebook for ebook in reported["ebooks"] if Decimal(ebook["rejected_cost_usd"]) > 0)
    blocks = answer(demo_home, "ebook_pages", ebook_id=ebook["ebook_id"])
    rejected = [block for block in blocks if block["what_became"] == "rejected"]
    assert sum(block["cost_usd"] for block in rejected) == Decimal(ebook["rejected_cost_usd"])
    assert all(block["is_wasted"] and block["stage"] == "line_art" for block in rejected)


def test_without_an_id_it_is_the_dearest_ebook(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any]
) -> None:
    assert open_app(demo_home, "ebook").title[0].value == reported["ebooks"][0]["title"]


def test_choosing_another_ebook_changes_the_address(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "ebook", ebook_id="forest-animals")
    app.selectbox(key="another").set_value("winter-village").run()
    assert app.title[0].value == "Winter Village"
    assert app.query_params["ebook_id"] == "winter-village"


def test_calls_for_no_ebook_have_a_page_too(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "ebook", ebook_id="unattributed")
    assert not app.exception
    assert app.title[0].value == "Unattributed"
    assert "names a page" in spoken(app)


@pytest.mark.parametrize("ebook_id", ["no-such-book", "", *HOSTILE])
def test_an_unknown_id_is_told_so_with_a_way_back(
    open_app: OpenApp, demo_home: Path, ebook_id: str
) -> None:
    app = open_app(demo_home, "ebook", ebook_id=ebook_id)
    assert not app.exception
    assert app.title[0].value == "No such ebook"
    assert app.get("page_link")


def test_a_cost_that_nobody_knows_is_unknown_and_not_zero(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo(
        "update fct_attempts set cost_usd = null, cost_source = null, cost_status = 'unknown'"
        " where ebook_id = 'forest-animals' and stage = 'outline'",
        "update fct_ebook_costs set unpriced_count = 1 where ebook_id = 'forest-animals'",
    )
    app = open_app(home, "ebook", ebook_id="forest-animals")
    attempts = app.dataframe[-1].value.set_index("stage")
    assert attempts.loc["outline", "cost_usd"] is None
    assert attempts.loc["outline", "cost_source"] == "unknown"
    assert app.dataframe[-1].proto.placeholder == "unknown"
    assert tiles(app)["Attempts"][1] == "1 attempt of unknown cost"


def test_an_ebook_without_calls_costs_nothing(open_app: OpenApp, change_demo: ChangeDemo) -> None:
    home = change_demo(
        "insert into fct_ebook_costs by name select * replace ('planned' as ebook_id,"
        " 'Planned' as title, 0 as call_count, 0 as cost_usd, 0 as operation_count,"
        " null as wasted_share, 0 as wasted_cost_usd, null as last_call_at)"
        " from fct_ebook_costs where ebook_id = 'forest-animals'"
    )
    app = open_app(home, "ebook", ebook_id="planned")
    assert not app.exception
    assert tiles(app)["Cost"] == ("$0", "0 USD")
    assert "No call was made for this ebook yet." in spoken(app)


def test_its_part_of_shared_calls_stands_beside_its_cost(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any]
) -> None:
    dearest, *_, unattributed = reported["ebooks"]
    for ebook in (dearest, unattributed):
        value, remark = tiles(open_app(demo_home, "ebook", ebook_id=ebook["ebook_id"]))["Shared"]
        assert value.startswith("−$" if ebook is unattributed else "$0.0")
        assert remark.endswith(" USD with the cost")


def test_an_ebook_that_shares_nothing_has_no_tile_for_it(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    alone = change_demo("update fct_ebook_costs set shared_cost_usd = 0")
    assert "Shared" not in tiles(open_app(alone, "ebook"))


def test_the_legend_of_lines_shows_lines(demo_home: Path) -> None:
    rows = answer(demo_home, "ebook_break_even", ebook_id="dinosaur-days", copies=100)
    lines = margin_line(rows, 100).to_dict()["layer"][1]["encoding"]
    assert lines["color"]["legend"] == lines["strokeDash"]["legend"]
    assert lines["color"]["legend"]["symbolStrokeWidth"] > 0
