"""Periods lie on the calendar of the time zone, and nothing is lost between two of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

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


def test_a_currency_without_rates_of_these_days_is_unknown_and_not_zero(
    open_app: OpenApp, demo_home: Path
) -> None:
    app = open_app(demo_home, currency="EUR")
    assert not app.exception
    assert tiles(app)["Spend"][0] == "unknown"
    assert "No rate for EUR is known" in spoken(app)


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
