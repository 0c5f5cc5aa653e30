"""Models by what was kept, their prices, and what another would have cost."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.app.conftest import ChangeDemo, OpenApp, spoken, tiles

HOSTILE = "'; drop table fct_attempts; --"
DREW, CHECKED = "google/gemini-2.5-flash-image", "google/gemini-2.5-flash-lite"
COLUMNS = (
    "canonical_model, variant, provider_key, price_source, above_input_tokens, from_minute, "
    "to_minute, input_usd_per_token, output_usd_per_token, cache_read_usd_per_token, "
    "cache_write_usd_per_token, reasoning_usd_per_token, image_output_usd_per_token, "
    "request_usd_per_request, valid_from, valid_to"
)


@pytest.fixture
def priced(change_demo: ChangeDemo) -> Path:
    """The demo with a model that costs a millionth of a dollar for each token, of images too."""
    price = "0.000001, 0.000001, 0.000001, 0.000001, 0.000001, 0.000001, 0"
    return change_demo(
        "delete from int_prices_in_force",
        f"insert into int_prices_in_force ({COLUMNS}) values "
        f"('c/d', '', '', 'models', -1, 0, 1440, {price}, timestamptz '2020-01-01', null)",
    )


def test_stages_and_models_are_those_of_the_mart(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "models")
    assert not app.exception
    shown = app.dataframe[0].value
    expected = _fetch(
        demo_home,
        "select sum(cost_usd), count(*) from fct_model_stage_costs",
    )[0]
    assert (sum(shown["cost_usd"]), len(shown)) == expected


def test_without_prices_the_page_says_what_brings_them(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo("delete from int_prices_in_force", "delete from fct_price_drift")
    app = open_app(home, "models")
    assert spoken(app).count("`inkledger pull prices`") == 3


def test_a_replacement_in_the_address_prices_every_ebook_as_the_what_if_does(
    open_app: OpenApp, priced: Path
) -> None:
    app = open_app(priced, "models", instead_quality_check="c/d")
    assert not app.exception
    books = {row["book"]: row for row in app.dataframe[-1].value.to_dict("records")}
    expected = _fetch(
        priced,
        "select any_value(b.title), any_value(b.cost_usd) - sum(w.cost_usd) + sum(w.cost_now_usd) "
        "from fct_model_what_if w join fct_ebook_costs b using (ebook_id) "
        "where stage = 'quality_check' and other_model = 'c/d' group by ebook_id",
    )
    assert expected
    for title, new_cost in expected:
        assert books[title]["new_cost_usd"] == new_cost
    assert tiles(app)["Comparable ebooks"][0] == str(len(expected))


def test_work_that_a_model_did_itself_stays_at_its_cost(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    price = "0.09, 0.09, 0.09, 0.09, 0.09, 0.09, 0"
    home = change_demo(
        f"insert into int_prices_in_force ({COLUMNS}) values "
        f"('{CHECKED}', '', '', 'models', -1, 0, 1440, {price}, timestamptz '2020-01-01', null)"
    )
    app = open_app(home, "models", instead_quality_check=CHECKED)
    assert tiles(app)["Difference"] == ("$0", "the same")


def test_images_without_a_price_leave_an_ebook_without_a_new_cost(
    open_app: OpenApp, priced: Path
) -> None:
    with duckdb.connect(priced / "warehouse.duckdb") as connection:
        connection.execute("update int_prices_in_force set image_output_usd_per_token = null")
    app = open_app(priced, "models", instead_line_art="c/d")
    assert not app.exception
    assert tiles(app)["Comparable ebooks"][0] == "0"
    assert "As it was" not in tiles(app)
    assert "no price of a part" in app.dataframe[-1].value["not_carried_over"][0]


def test_listed_prices_are_shown_for_a_million_tokens(open_app: OpenApp, priced: Path) -> None:
    app = open_app(priced, "models", meter="input")
    (row,) = app.dataframe[1].value.to_dict("records")
    assert (row["model"], row["input_usd"]) == ("c/d", Decimal(1))


@pytest.mark.parametrize(
    "name", ["stage", "meter", "priced", "drift", "instead_line_art", "instead_nothing"]
)
def test_a_hostile_address_changes_nothing(open_app: OpenApp, priced: Path, name: str) -> None:
    app = open_app(priced, "models", **{name: HOSTILE})
    assert not app.exception
    assert HOSTILE not in spoken(app)
    assert "Comparable ebooks" not in tiles(app)


def _fetch(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()
