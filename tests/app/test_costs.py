"""Every ebook with its cost, and a total that is the ledger's."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from app.exporting import as_focus
from app.view import View
from tests.app.conftest import WHOLE, ChangeDemo, OpenApp, answer, spoken, tiles

HOSTILE = ["'; drop table fct_ebook_costs; --", "$kinds", "%_\\", "\x00\u202e🦊", "an" * 50_000]
CHOICES = [
    "kind", "series", "model", "stage", "label", "sort", "tz", "currency", "period", "dates",
    "sold_as", "compare",
]  # fmt: skip
ALL_BOOKS = {"row_limit": 1000, "sort": "cost", "sold_as": "paperback"}


def test_every_ebook_has_the_cost_that_the_report_prints(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any]
) -> None:
    app = open_app(demo_home, "costs")
    assert not app.exception
    shown = {row["book"]: row for row in _rows(app)}
    for ebook in reported["ebooks"]:
        row = shown[ebook["title"] or "Unattributed"]
        assert row["cost"] == Decimal(ebook["cost_usd"])
    assert len(shown) == len(reported["ebooks"])


def test_the_total_is_the_ledgers_unattributed_calls_included(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any]
) -> None:
    shown = tiles(open_app(demo_home, "costs"))
    status = reported["status"]
    assert shown["Spend"] == (
        f"${Decimal(status['cost_usd']):.2f}",
        f"{status['attempt_count']} calls",
    )


def test_ratios_of_the_total_are_those_of_the_overview(open_app: OpenApp, demo_home: Path) -> None:
    overview, costs = tiles(open_app(demo_home)), tiles(open_app(demo_home, "costs"))
    assert costs["Per accepted page"] == overview["Per accepted page"]
    assert costs["Waste"] == overview["Waste"]


@pytest.mark.parametrize("chosen", [{}, {"kinds": ("coloring_book",)}, {"search": "garden"}])
def test_what_is_known_of_whole_ebooks_is_what_their_calls_add_up_to(
    demo_home: Path, chosen: dict[str, Any]
) -> None:
    whole = WHOLE._replace(**chosen)
    later = whole._replace(since=whole.since + timedelta(days=1))
    by_ebook, by_call = (
        {row["ebook_id"]: row for row in answer(demo_home, "books", view, **ALL_BOOKS)}
        for view in (whole, later)
    )
    assert by_ebook.keys() == by_call.keys()
    for ebook_id, row in by_ebook.items():
        told = {name: value for name, value in row.items() if name != "last_call_at"}
        assert told.items() <= by_call[ebook_id].items()


def test_a_search_keeps_only_what_it_finds_and_adds_that_up(
    open_app: OpenApp, demo_home: Path
) -> None:
    app = open_app(demo_home, "costs")
    app.text_input(key="search").input("CASTLE").run()
    (row,) = _rows(app)
    assert row["book"] == "Castles and Dragons"
    assert tiles(app)["Spend"][0] == f"${row['cost']:.4f}"


def test_filters_come_from_the_address(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "costs", search="garden", sort="title")
    assert [row["book"] for row in _rows(app)] == ["Birds of the Garden", "Mandala Garden"]


def test_a_series_can_be_chosen(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "costs")
    app.multiselect(key="series").select("Things That Go").run()
    assert {row["series"] for row in _rows(app)} == {"Things That Go"}


@pytest.mark.parametrize(
    ("sort", "column"),
    [
        ("cost per page", "cost_per_accepted_page_usd"),
        ("waste share", "wasted_percent"),
        ("pages", "accepted_page_count"),
    ],
)
def test_rows_are_sorted_with_the_greatest_first_and_the_unknown_last(
    open_app: OpenApp, demo_home: Path, sort: str, column: str
) -> None:
    app = open_app(demo_home, "costs")
    app.selectbox(key="sort").select(sort).run()
    values = [row[column] for row in _rows(app) if row["book"] != "Unattributed"]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("search", HOSTILE)
def test_a_hostile_search_finds_nothing_and_breaks_nothing(
    open_app: OpenApp, demo_home: Path, search: str
) -> None:
    app = open_app(demo_home, "costs", search=search)
    assert not app.exception
    assert "No ebook passes these filters" in spoken(app)


@pytest.mark.parametrize(
    "name",
    [
        "kind",
        "series",
        "model",
        "stage",
        "sort",
        "tz",
        "currency",
        "period",
        "dates",
        "sold_as",
        "compare",
    ],
)
def test_a_choice_that_does_not_exist_is_passed_over(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any], name: str
) -> None:
    app = open_app(demo_home, "costs", **{name: HOSTILE[0]})
    assert not app.exception
    assert len(_rows(app)) == len(reported["ebooks"])


def test_an_ebook_without_pages_has_no_cost_per_page(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo(
        "update fct_ebook_costs set accepted_page_count = 0, cost_per_accepted_page_usd = null"
    )
    app = open_app(home, "costs")
    assert not app.exception
    assert tiles(app)["Per accepted page"] == ("—", "no page was accepted")


def test_two_ebooks_of_one_title_stay_two(open_app: OpenApp, change_demo: ChangeDemo) -> None:
    retitled = "set title = 'Castles' where title like 'M%' or title like 'C%'"
    home = change_demo(f"update fct_ebook_costs {retitled}", f"update dim_ebooks {retitled}")
    app = open_app(home, "costs", search="castles")
    assert [row["book"] for row in _rows(app)] == ["Castles", "Castles"]


def test_two_ebooks_stand_side_by_side(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "costs")
    app.multiselect(key="compare").select("forest-animals").select("dinosaur-days").run()
    assert not app.exception
    shown = app.table[0].value
    assert list(shown.columns)[1:] == ["Forest Animals", "Dinosaur Days"]
    costs = answer(demo_home, "books", sort="cost", sold_as="", row_limit=99)
    forest = next(row for row in costs if row["ebook_id"] == "forest-animals")
    assert shown.iloc[0, 1] == f"${forest['cost']:.4f}"


def test_filters_by_model_and_stage_add_up_to_the_ledger(
    demo_home: Path, reported: dict[str, Any]
) -> None:
    choices = answer(demo_home, "choices")
    for name, of_view in (("model", "models"), ("stage", "stages")):
        parts = [row["choice"] for row in choices if row["filter"] == name]
        sums = [answer(demo_home, "totals", _only(of_view, part))[0]["cost_usd"] for part in parts]
        assert sum(sums) == Decimal(reported["status"]["cost_usd"])


def test_the_history_of_an_ebook_adds_up_to_its_cost(demo_home: Path) -> None:
    for row in answer(demo_home, "books", sort="cost", sold_as="", row_limit=99):
        assert sum(row["history"]) == pytest.approx(float(row["cost_usd"]))


def _rows(app: AppTest) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = app.dataframe[0].value.to_dict("records")
    return rows


def _only(of_view: str, choice: str) -> View:
    filters: dict[str, Any] = {of_view: (choice,)}
    return WHOLE._replace(**filters)


DAY = {"since": datetime(2020, 1, 1, tzinfo=UTC), "until": datetime(2090, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        DAY,
        {"series": ("Things That Go",)},
        {"labels": ("series=Things That Go",), "models": ("none",), **DAY},
    ],
)
def test_a_focus_file_has_the_calls_of_the_time_and_the_ebooks_that_are_shown(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, Any]
) -> None:
    monkeypatch.setenv("INKLEDGER_HOME", str(demo_home))
    before = sorted(demo_home.rglob("*"))
    view = WHOLE._replace(**chosen)
    calls = view._replace(models=(), labels=()).as_parameter()
    (found,) = answer(demo_home, "focus_calls", view, calls=calls)
    is_part = bool(view.series or view.labels)
    content = as_focus("1.4", "csv", view, found["ebook_ids"] if is_part else None)
    usage = [
        row
        for row in csv.DictReader(content.decode().splitlines())
        if row["ChargeCategory"] == "Usage"
    ]
    with duckdb.connect(demo_home / "warehouse.duckdb", read_only=True) as warehouse:
        expected = warehouse.execute(
            "select sum(cost_usd), count(*) from fct_attempts left join dim_ebooks using (ebook_id)"
            " where $1 = '' or series = $1",
            ["Things That Go" if is_part else ""],
        ).fetchone()
    told = sum(Decimal(row["EffectiveCost"]) for row in usage)
    assert (told, len({row["x_EventId"] for row in usage})) == expected
    assert found["call_count"] == len({row["x_EventId"] for row in usage})
    assert sorted(demo_home.rglob("*")) == before


def test_a_focus_file_begins_and_ends_at_an_instant(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLEDGER_HOME", str(demo_home))
    (status,) = answer(demo_home, "status")
    cut = status["first_call_at"] + (status["last_call_at"] - status["first_call_at"]) / 2
    parts = [WHOLE._replace(until=cut), WHOLE._replace(since=cut)]
    told = [
        {row["x_EventId"] for row in csv.DictReader(text.decode().splitlines()) if row["x_EventId"]}
        for text in (as_focus("1.2", "csv", part, None) for part in parts)
    ]
    assert all(told)
    assert len(told[0]) + len(told[1]) == len(told[0] | told[1]) == status["attempt_count"]


@pytest.mark.parametrize(
    ("series", "factor", "said"),
    [
        ((), 1, "The file holds 482 calls, purchases of credits and what is untracked, in USD."),
        (("Things That Go",), 1, "The file holds all 58 calls of 2 ebooks, in USD."),
        ((), 1000, "to at most 20,000 calls, or write it with `inkledger export focus`."),
    ],
)
def test_a_download_says_what_it_holds_and_is_refused_where_it_is_too_much(
    change_demo: ChangeDemo,
    monkeypatch: pytest.MonkeyPatch,
    series: tuple[str, ...],
    factor: int,
    said: str,
) -> None:
    home = change_demo(f"update fct_hourly_costs set call_count = {factor} * call_count")
    monkeypatch.setenv("INKLEDGER_HOME", str(home))
    app = AppTest.from_string(
        "from app.exporting import show_focus; from app.view import View\n"
        f"show_focus(View('UTC', 'USD', series={series!r}))"
    ).run(timeout=30)
    assert not app.exception
    assert said in spoken(app)
    assert [button.key for button in app.button] == ([] if factor > 1 else ["focus-write"])


FOCUS_PAGE = """from app.exporting import show_focus
from app.view import View
show_focus(View('UTC', 'USD'))"""


def test_a_focus_file_is_offered_once_it_is_written(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLEDGER_HOME", str(demo_home))
    app = AppTest.from_string(FOCUS_PAGE).run(timeout=30)
    assert not app.get("download_button")
    app.button(key="focus-write").click().run(timeout=30)
    assert not app.exception
    assert [button.proto.label for button in app.get("download_button")] == ["focus-1.4.csv"]
    app.button_group(key="ff").set_value("parquet").run()
    assert not app.get("download_button"), "a file of another format than the one chosen"


def test_why_no_focus_file_could_be_written_is_said_on_the_page(
    change_demo: ChangeDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = change_demo("drop view focus_1_4")
    monkeypatch.setenv("INKLEDGER_HOME", str(home))
    app = AppTest.from_string(FOCUS_PAGE).run(timeout=30)
    app.button(key="focus-write").click().run(timeout=30)
    assert not app.exception
    assert "inkledger build" in app.error[0].value
    assert not app.get("download_button")
