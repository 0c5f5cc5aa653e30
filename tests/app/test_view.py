"""Periods lie on the calendar of the time zone, and nothing is lost between two of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from app.formats import day, literal
from app.sections import asked_sql
from app.view import BEGINNING, END, midnight
from tests.app.conftest import WHOLE, ChangeDemo, OpenApp, answer, spoken, tiles

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_day_begins_at_midnight_of_the_zone_also_when_clocks_change() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert midnight(spring, BERLIN) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert _hours(spring) == 23
    assert _hours(autumn) == 25


def test_before_a_time_lies_as_long_a_time() -> None:
    since, until = datetime(2026, 4, 8, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC)
    before = WHOLE._replace(since=since, until=until).before()
    assert (before.since, before.until) == (since - timedelta(days=7), since)
    assert WHOLE.before().until == BEGINNING


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"])
def test_two_halves_of_time_add_up_to_the_whole(
    demo_home: Path, reported: dict[str, Any], zone: str
) -> None:
    (status,) = answer(demo_home, "status")
    cut = status["first_call_at"] + (status["last_call_at"] - status["first_call_at"]) / 2
    by_call = WHOLE._replace(zone=zone, is_fine=True)
    halves = [
        answer(demo_home, "totals", by_call._replace(since=since, until=until))[0]
        for since, until in ((BEGINNING, cut), (cut, END))
    ]
    assert all(half["call_count"] for half in halves)
    assert sum(half["cost_usd"] for half in halves) == Decimal(reported["status"]["cost_usd"])
    assert sum(half["call_count"] for half in halves) == reported["status"]["attempt_count"]


def test_days_of_a_zone_with_half_hours_are_cut_at_its_midnight(
    change_demo: ChangeDemo,
) -> None:
    home = change_demo(
        "update fct_attempts set started_at = timestamptz '2026-04-01 18:29:59+00',"
        " started_date = date '2026-04-01' where stage = 'outline'",
        "update fct_attempts set started_at = timestamptz '2026-04-01 18:30:00+00',"
        " started_date = date '2026-04-01' where stage <> 'outline' or stage is null",
    )
    view = WHOLE._replace(zone="Asia/Kolkata").by_call()
    rows = answer(home, "spend_over_time", view, grain="day", split="stage")
    days = {row["part"]: row["bucket_started_at"].day for row in rows}
    assert days["outline"] == 1
    assert days["line_art"] == 2


_SPRING, _ADVENT = '{"campaign": "spring", "series": "A=B"}', '{"campaign": "advent"}'
_LABELS = f"""case stage
    when 'line_art' then '{_SPRING}' when 'cover' then '{_ADVENT}'
    when 'outline' then '{{"series": "A=B"}}'"""
LABELLED = (
    f"update fct_attempts set labels = {_LABELS} when 'prompts' then '[' end",
    f"update fct_hourly_label_costs set label_set = {_LABELS} else '{{}}' end",
)
"""Labels by stage, so that what passes can be told without them."""


@pytest.mark.parametrize(
    ("chosen", "stages"),
    [
        (["campaign=spring"], ["line_art"]),
        (["campaign=spring", "campaign=advent"], ["line_art", "cover"]),
        (["series=A=B"], ["line_art", "outline"]),
        (["campaign=spring", "series=A=B"], ["line_art"]),
        (["campaign=spring", "campaign=advent", "series=A=B"], ["line_art"]),
        (["campaign=advent", "series=A=B"], []),
        (["no label"], ["prompts", "quality_check", "back_cover", "style_sheet", None]),
        (["no label", "series=A=B"],
         ["line_art", "outline", "prompts", "quality_check", "back_cover", "style_sheet", None]),
        (["campaign"], []),
        (["campaign="], []),
        (["'; drop table fct_attempts; --=x"], []),
    ],
)  # fmt: skip
def test_a_call_passes_once_with_one_of_the_values_of_each_key_that_is_chosen(
    change_demo: ChangeDemo, chosen: list[str], stages: list[str | None]
) -> None:
    home = change_demo(*LABELLED)
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as warehouse:
        expected = warehouse.execute(
            "select coalesce(sum(cost_usd), 0), count(*) from fct_attempts"
            " where list_contains($1, coalesce(stage, ''))",
            [[stage or "" for stage in stages]],
        ).fetchone()
    view = WHOLE._replace(labels=tuple(chosen))
    for shown in (view, view.by_call()):
        (totals,) = answer(home, "totals", shown)
        assert (totals["cost_usd"], totals["call_count"]) == expected


def test_each_label_of_the_ledger_sums_to_its_calls(demo_home: Path) -> None:
    with duckdb.connect(demo_home / "warehouse.duckdb", read_only=True) as warehouse:
        told = warehouse.execute(
            "select 'series=' || (labels->>'series'), sum(cost_usd), count(*) from fct_attempts"
            " where labels is not null group by all"
            " union all select 'no label', sum(cost_usd), count(*) from fct_attempts"
            " where labels is null"
        ).fetchall()
    choices = [row["choice"] for row in answer(demo_home, "choices") if row["filter"] == "label"]
    assert sorted(choices) == sorted(label for label, _, _ in told)
    for label, cost_usd, call_count in told:
        (totals,) = answer(demo_home, "totals", WHOLE._replace(labels=(label,)))
        assert (totals["cost_usd"], totals["call_count"]) == (cost_usd, call_count)
    (everything,) = answer(demo_home, "totals")
    assert sum(cost_usd for _, cost_usd, _ in told) == everything["cost_usd"]


def test_ebooks_without_a_call_that_has_the_label_count_no_pages(demo_home: Path) -> None:
    (of_series,) = answer(demo_home, "totals", WHOLE._replace(series=("Things That Go",)))
    (of_label,) = answer(demo_home, "totals", WHOLE._replace(labels=("series=Things That Go",)))
    assert of_label["accepted_page_count"] == of_series["accepted_page_count"] > 0
    books = answer(
        demo_home, "books", WHOLE._replace(labels=("series=Things That Go",)),
        sort="cost", sold_as="ebook", row_limit=500,
    )  # fmt: skip
    assert {row["series"] for row in books} == {"Things That Go", "—"}  # Its style sheet, for none.


def test_a_label_is_chosen_in_the_address_and_told_letter_by_letter(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    label = "note=![x](http://a.example/x) *$1$*"
    home = change_demo(
        f"""update fct_hourly_label_costs set label_set = '{{"note": "{label[5:]}"}}'
        where stage = 'cover'"""
    )
    for page in ("overview", "costs", "explore"):
        app = open_app(home, page, label=label)
        assert not app.exception
        assert app.multiselect(key="label").value == [label]
        assert literal(label) in spoken(app)
        assert label not in spoken(app)


def test_the_zone_and_the_currency_stand_in_the_address(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo(
        "insert into dim_exchange_rates by name select 'XTS' as currency,"
        " date '2020-01-01' as valid_from, date '2090-01-01' as valid_until, 2 as rate_per_usd",
        "insert into fct_ebook_costs_by_currency by name select ebook_id, 'XTS' as currency,"
        " cost_usd, 0 as unconverted_cost_usd, 2 * cost_usd as cost_amount from fct_ebook_costs",
    )
    app = open_app(home, "costs", tz="Asia/Kolkata", currency="XTS")
    assert not app.exception
    (totals,) = answer(home, "totals", WHOLE._replace(currency="XTS"))
    assert totals["cost"] == 2 * totals["cost_usd"]
    assert tiles(app)["Spend"][0] == f"XTS {totals['cost']:.2f}"
    assert app.selectbox(key="tz").value == "Asia/Kolkata"


def test_dates_in_reverse_are_the_same_days(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, period="Dates")
    app.date_input(key="dates").set_value((date(2030, 1, 1), date(2020, 1, 1))).run()
    assert tiles(app)["Spend"][1] == "482 calls"


def test_a_currency_without_rates_of_these_days_is_unknown_and_not_zero(
    open_app: OpenApp, demo_home: Path
) -> None:
    app = open_app(demo_home, currency="EUR")
    assert not app.exception
    assert tiles(app)["Spend"][0] == "unknown"
    assert "No rate for EUR is known" in spoken(app)
    assert "`inkledger pull fx FILE` brings rates" in spoken(app)


def test_a_day_is_one_day_in_words(open_app: OpenApp, demo_home: Path) -> None:
    said = spoken(open_app(demo_home, period="Today"))
    assert f"Only {day(datetime.now(UTC))}." in said


def test_a_question_can_be_asked_elsewhere_as_it_is_shown(demo_home: Path) -> None:
    from app.ledger import sql_of
    from app.warehouse import Warehouse

    view = WHOLE._replace(search="o'clock", kinds=("coloring_book",)).as_parameter()
    shown = asked_sql("spend_by_part", {"view": view, "split": "stage", "ebook_id": ""})
    assert "$" not in shown.replace("$split is", "").replace("$ebook_id stands", "")
    warehouse = Warehouse(demo_home / "warehouse.duckdb")
    asked = {"view": view, "split": "stage", "ebook_id": ""}
    assert warehouse.fetch(shown, {}) == warehouse.fetch(sql_of("spend_by_part"), asked)


def _hours(of: date) -> float:
    lasts = midnight(of + timedelta(days=1), BERLIN) - midnight(of, BERLIN)
    return lasts / timedelta(hours=1)
