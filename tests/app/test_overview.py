"""The overview says what the report says."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import WHOLE, ChangeDemo, OpenApp, answer, spoken, tiles


def test_the_overview_shows_every_digit_that_the_report_prints(
    open_app: OpenApp, demo_home: Path, reported: dict[str, Any]
) -> None:
    app = open_app(demo_home)
    assert not app.exception
    status = reported["status"]
    assert f"**{status['cost_usd']} USD**" in spoken(app)
    assert tiles(app)["Spend"] == (
        f"${Decimal(status['cost_usd']):.2f}",
        f"{status['attempt_count']} calls",
    )
    books = len(reported["ebooks"]) - 1
    assert tiles(app)["Finished ebooks"] == (str(books), f"of {books} ebooks worked on")


def test_nothing_unpriced_and_nothing_in_doubt_is_said_in_words(
    open_app: OpenApp, demo_home: Path
) -> None:
    shown = qualities(open_app(demo_home))
    assert "All priced" in shown
    assert "None in doubt" in shown


def test_calls_of_unknown_cost_are_counted_and_lead_to_what_explains_them(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo("update fct_ledger_status set unpriced_count = 3, in_doubt_count = 1")
    shown = qualities(open_app(home))
    assert shown["3 unpriced"] == shown["1 in doubt"] == "look=unknown"


def test_what_is_untracked_stands_beside_the_totals_and_nowhere_if_nothing_is(
    open_app: OpenApp, demo_home: Path, change_demo: ChangeDemo
) -> None:
    home = change_demo(
        "update fct_ledger_status set untracked_usd = 0.007897, untracked_requests = 9"
    )
    for page in ("overview", "costs"):
        assert "besides, **0.007897 USD** untracked (9 requests)" in spoken(open_app(home, page))
        assert "untracked" not in spoken(open_app(demo_home, page))


def test_what_openrouter_billed_beyond_the_ledger_is_shown(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    columns = (
        "date_utc, canonical_model, ledger_usd, provider_usd, ledger_requests, "
        "provider_requests, difference_usd, missing_requests, is_balanced"
    )
    home = change_demo(
        "delete from fct_reconciliation_days",
        f"insert into fct_reconciliation_days ({columns}) values"
        " (date '2026-04-01', 'a/b', 1, 1, 5, 5, 0, 0, true),"
        " (date '2026-04-02', 'a/b', 1, 1.007897, 5, 14, 0.007897, 9, false)",
    )
    assert qualities(open_app(home))["1 of 2 days differ"] == "look=days"


def test_numbers_of_yesterday_are_called_old(open_app: OpenApp, change_demo: ChangeDemo) -> None:
    home = change_demo("update fct_ledger_status set landed_at = landed_at - interval 50 hours")
    assert "nothing has landed for 2 days" in spoken(open_app(home))


def test_fresh_numbers_are_not_called_old(open_app: OpenApp, demo_home: Path) -> None:
    assert not open_app(demo_home).warning


def test_a_ledger_without_ebooks_says_how_calls_get_one(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo(
        "delete from fct_ebook_costs where ebook_id <> 'unattributed'",
        "update fct_hourly_costs set ebook_id = 'unattributed'",
        "update fct_ledger_status set ebook_count = 0, page_count = 0, cost_per_page_usd = null",
    )
    app = open_app(home)
    assert not app.exception
    assert "attribution.toml" in spoken(app)
    assert tiles(app)["Per accepted page"] == ("—", "no page was accepted")


@pytest.mark.parametrize("split", ["stage", "model"])
@pytest.mark.parametrize("grain", ["second", "minute", "hour", "day", "week", "month"])
def test_spend_over_time_adds_up_to_the_ledger(
    demo_home: Path, reported: dict[str, Any], grain: str, split: str
) -> None:
    for view in (WHOLE, WHOLE.by_call(), WHOLE._replace(zone="Asia/Kathmandu", is_fine=True)):
        rows = answer(demo_home, "spend_over_time", view, grain=grain, split=split)
        assert sum(row["cost_usd"] for row in rows) == Decimal(reported["status"]["cost_usd"])


@pytest.mark.parametrize("split", ["stage", "model"])
def test_parts_add_up_to_the_ledger(demo_home: Path, reported: dict[str, Any], split: str) -> None:
    rows = answer(demo_home, "spend_by_part", ebook_id="", split=split)
    assert sum(row["cost_usd"] for row in rows) == Decimal(reported["status"]["cost_usd"])
    assert all(row["used_cost_usd"] + row["wasted_cost_usd"] == row["cost_usd"] for row in rows)


def test_choosing_models_and_days_draws_again(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home)
    app.segmented_control(key="split").set_value("model")
    app.segmented_control(key="grain").set_value("day").run()
    assert not app.exception
    assert "anthropic/claude-sonnet-4.6" in str(app.get("vega_lite_chart")[0].proto)


def qualities(app: AppTest) -> dict[str, str]:
    """What is said of how far the numbers can be trusted → what of which page it leads to."""
    return {link.proto.label: link.proto.query_string for link in app.get("page_link")}
