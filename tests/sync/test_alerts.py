"""What is an alert, and when the same one is no news; on the demo's warehouse, changed."""

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from ingest.errors import NoAnswer, RequestRefused
from ingest.pull.provider import Patience
from ingest.settings import Home
from ingest.sync.alerts import Alert, Found, find_alerts
from ingest.sync.state import State, load_state, save_state
from ingest.sync.webhook import post_alerts
from ingest.warehouse.findings import Finding

NOW = datetime.now(UTC)
WARNING = Finding(
    "test", "costs_are_dear", "tests/dear.sql", "warn", "Pages that are dear (2 found)"
)
Changed = Callable[..., Home]


@pytest.fixture
def changed(demo_home: Path, tmp_path: Path) -> Changed:
    """A home with the demo's warehouse, after some statements."""

    def change(*statements: str) -> Home:
        home = Home(tmp_path)
        if not home.warehouse.exists():
            shutil.copyfile(demo_home / "warehouse.duckdb", home.warehouse)
        with duckdb.connect(home.warehouse) as warehouse:
            for statement in statements:
                warehouse.execute(statement)
        return home

    return change


def look(home: Home, before: Found | None = None, **named: Any) -> Found:
    """As a sync does that followed the one that found `before`."""
    given: dict[str, Any] = {"failures": {}, "warnings": (), "now": NOW, **named}
    return find_alerts(
        home,
        told=before.told if before else frozenset(),
        unknown_count=before.unknown_count if before else 0,
        **given,
    )


def news(found: Found) -> list[str]:
    return [alert.sentence for alert in found.alerts if alert.is_new]


def test_a_ledger_that_is_well_is_no_news(changed: Changed) -> None:
    assert look(changed()).alerts == ()


def test_an_open_reconciliation_is_told_once_until_another_class_is_open(changed: Changed) -> None:
    home = changed(
        "update fct_run_totals set is_agreed = false "
        "where run_id = (select min(run_id) from fct_run_totals)"
    )
    first = look(home)
    (sentence,) = news(first)
    assert sentence.startswith("Reconciliation is open: Open: 1 of ")
    second = look(home, first)
    assert (len(second.alerts), news(second)) == (1, [])
    changed("update fct_run_totals set is_agreed = false")
    third = look(home, second)
    assert len(news(third)) == 1
    changed("update fct_run_totals set is_agreed = true")
    fourth = look(home, third)
    assert fourth.alerts == ()
    changed("update fct_run_totals set is_agreed = false")
    assert len(news(look(home, fourth))) == 1, "it is open again"


def test_unknown_costs_are_told_when_they_rise_and_are_older_than_a_day(changed: Changed) -> None:
    home = changed(
        "update fct_unknown_cost_ages set in_doubt_count = 9 "
        "where age_band in ('under_1_hour', '1_hour_to_1_day')"
    )
    young = look(home)
    assert young.alerts == ()
    changed("update fct_unknown_cost_ages set unpriced_count = 2 where age_band = '1_to_7_days'")
    risen = look(home, young)
    (sentence,) = news(risen)
    assert "have risen from 0 to 2:" in sentence
    stayed = look(home, risen)
    assert stayed.alerts == ()
    changed("update fct_unknown_cost_ages set unpriced_count = 1 where age_band = '1_to_7_days'")
    fallen = look(home, stayed)
    assert fallen.alerts == ()
    changed("update fct_unknown_cost_ages set in_doubt_count = 1 where age_band = 'over_31_days'")
    assert "have risen from 1 to 2:" in news(look(home, fallen))[0]


def test_dear_hours_of_the_last_day_are_one_sentence(changed: Changed) -> None:
    def anomaly(hours_ago: int, cost_usd: str) -> str:
        hour = (NOW - timedelta(hours=hours_ago)).isoformat()
        return (
            "select 'coloring_book' as kind, 'm' as canonical_model, "
            f"timestamptz '{hour}' as started_hour, {cost_usd}::decimal(38, 12) as cost_usd, "
            "0.1::decimal(38, 12) as usual_cost_usd, true as is_anomaly"
        )

    def view(*hours: str) -> str:
        return f"create or replace view fct_cost_anomalies as {' union all '.join(hours)}"

    home = changed(view(anomaly(25, "99")))
    assert look(home).alerts == ()
    changed(view(anomaly(25, "99"), anomaly(4, "1.5")))
    first = look(home)
    (sentence,) = news(first)
    assert sentence.startswith("1 hour of the last day cost far more than usual, most at ")
    assert sentence.endswith(" UTC: coloring_book on m 1.5 USD, usually 0.1 USD.")
    assert news(look(home, first)) == []
    changed(view(anomaly(4, "1.5"), anomaly(2, "1.2")))
    (sentence,) = news(look(home, first))
    assert sentence.startswith("2 hours of the last day ")
    assert "1.5 USD" in sentence


def test_a_warning_stays_told_while_builds_fail(changed: Changed) -> None:
    home = changed()
    warned = look(home, warnings=(WARNING,))
    assert news(warned) == [
        "The build warns: test costs_are_dear (tests/dear.sql): Pages that are dear (2 found)."
    ]
    failed = look(home, warned, warnings=None, failures={"build": "It broke."})
    assert news(failed) == ["Build failed: It broke."]
    assert news(look(home, failed, warnings=(WARNING,))) == []
    well = look(home, failed)
    assert news(look(home, well, warnings=(WARNING,))) != []


def test_a_budget_is_told_when_it_is_near_its_end_and_when_it_is_over(changed: Changed) -> None:
    home = changed()
    budgets = home.root / "budgets.toml"

    def limit(limit_usd: str) -> None:
        budgets.write_text(
            f'[[budget]]\nname = "Foxes"\nlimit_usd = "{limit_usd}"\nebook_id = "forest-animals"\n'
        )

    limit("10")
    within = look(home)
    assert within.alerts == ()
    limit("0.7")
    near = look(home, within)
    assert news(near)[0].startswith("Budget Foxes: near its end, 97.8%, ")
    limit("0.5")
    over = look(home, near)
    assert news(over)[0].startswith("Budget Foxes: over, 136.9%, ")
    budgets.write_text('[[budget]]\nlimit = "0.5"\n')
    unread = look(home, over)
    (sentence,) = news(unread)
    assert sentence.startswith(
        "How the budgets stand cannot be told: Budget 1 of budgets.toml has an unknown `limit`;"
    )
    limit("0.5")
    assert news(look(home, unread)) == []


def test_without_a_warehouse_failures_are_told_and_nothing_is_forgotten(tmp_path: Path) -> None:
    told = Found((), frozenset({"reconciliation runs"}), 3)
    found = look(Home(tmp_path), told, warnings=None, failures={"build": "It broke."})
    assert news(found) == ["Build failed: It broke."]
    assert found.told == {"reconciliation runs", "step_failed build"}
    assert found.unknown_count == 3


def test_what_is_remembered_is_read_back_and_what_is_spoilt_is_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.build.mkdir()
    assert load_state(home) == State()
    state = State(frozenset({"budget All"}), 4, NOW.date())
    save_state(home, state)
    assert load_state(home) == state
    for spoilt in ("", "[]", '{"told": 3}', "\x00"):
        (home.build / "sync.json").write_text(spoilt)
        assert load_state(home) == State()


ALERT = Alert("budget", "All", "Budget <!channel> & co: over.")
SECRET = "https://hooks.example.com/s3cr3t"
HASTY = Patience(total_seconds=2.0, first_wait_seconds=0.01)


def posted(*answers: int | Exception) -> list[Mapping[str, Any]]:
    """What a webhook is told that answers so, one after the other."""
    said: list[Mapping[str, Any]] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        said.append(json.loads(request.content))
        each = left.pop(0)
        if isinstance(each, Exception):
            raise each
        return httpx.Response(each)

    post_alerts(SECRET, [ALERT], patience=HASTY, transport=httpx.MockTransport(answer))
    return said


def test_a_webhook_that_is_busy_or_away_is_told_again() -> None:
    said = posted(503, httpx.ReadTimeout(SECRET), 429, 204)
    assert len(said) == 4
    assert said[-1] == {
        "text": "Budget &lt;!channel&gt; &amp; co: over.",
        "alerts": [{"kind": "budget", "about": "All", "sentence": ALERT.sentence}],
    }


@pytest.mark.parametrize("status", [301, 400, 404, 410])
def test_a_webhook_that_refuses_is_not_asked_twice(status: int) -> None:
    with pytest.raises(RequestRefused, match=f"status {status}") as refused:
        posted(status)
    assert "s3cr3t" not in repr(refused.value) + str(refused.value)


def test_an_error_that_quotes_the_address_is_not_repeated() -> None:
    with pytest.raises(NoAnswer, match=r"\(RuntimeError\)") as silent:
        posted(*[RuntimeError(SECRET)] * 1000)
    assert "s3cr3t" not in str(silent.value)
    assert silent.value.__cause__ is None
