"""A model that no ebook was made with is estimated from the tokens of those that were."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import pytest

from ingest.errors import TooLittleHistory, UsageError
from ingest.lake import Lake
from ingest.records import Record
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.estimate import estimate
from ingest.warehouse.tables import print_estimate
from tests.warehouse.rows import NOON, acceptance, attempt, ebook, price

COUNT = 9


def book(number: int) -> tuple[list[Record], list[Record]]:
    """An ebook of two pages, each of 1,000 tokens a number, and an outline without any count."""
    name, costs = f"book-{number}", {"reported_cost_usd": Decimal("0.5"), "requested_model": "a/b"}
    started_at = NOON + timedelta(days=number)
    known = {"ebook_id": name, "started_at": started_at, **costs}
    pages = [
        attempt(f"{name}-{page}", operation_id=f"{name}-{page}", stage="text", page_number=page,
                input_tokens=1000 * number, output_tokens=0, **known)
        for page in (1, 2)
    ]  # fmt: skip
    outline = attempt(f"{name}-outline", stage="outline", **known)
    return [*pages, outline], [acceptance(page.operation_id, started_at) for page in pages]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("what if"))
    lake = Lake(home.lake)
    prices = [price("a/b", "0.0005"), price("new/model", "0.000001"), price("b/c", "0.0000001")]
    lake.land("model_prices", "prices", prices, NOON)
    for number in range(1, COUNT + 1):
        events, outcomes = book(number)
        name = f"book-{number}"
        lake.land("usage_events", name, events, NOON)
        lake.land("outcomes", name, outcomes, NOON)
        lake.land("ebooks", name, [ebook(name, kind="guide", page_count=2)], NOON)
    lake.land("ebooks", "other", [ebook("other", kind="novel")], NOON)
    build_warehouse(home)
    return home


def printed(home: Home, model: str, output_format: Literal["table", "json", "csv"]) -> str:
    out = io.StringIO()
    print_estimate(estimate(home.warehouse, "guide", 4, model), output_format, out)
    return out.getvalue()


def test_stages_that_the_model_has_a_price_for_are_priced_at_it_and_others_stay(
    home: Home,
) -> None:
    told = estimate(home.warehouse, "guide", 4, "new/model")
    stages = {stage.stage: stage for stage in told.stages}
    assert {name: stage.is_repriced for name, stage in stages.items()} == {
        "text": True,
        "outline": False,
    }
    # Four pages of 1,000 to 9,000 tokens at a millionth, and half a dollar as it was.
    assert stages["text"].interval.median_cost_usd == Decimal("0.02")
    assert stages["outline"].interval.median_cost_usd == Decimal("0.5")
    assert told.total.low_cost_usd == Decimal("0.504")
    assert told.total.high_cost_usd == Decimal("0.536")
    assert (told.is_what_if, told.book_count, told.tested_count) == (True, COUNT, 0)


def test_a_model_with_a_history_of_its_own_is_estimated_from_that(home: Home) -> None:
    told = estimate(home.warehouse, "guide", 4, "a/b")
    assert not told.is_what_if
    assert replace(told, model=None) == estimate(home.warehouse, "guide", 4)


def test_it_is_marked_in_every_format(home: Home) -> None:
    table = printed(home, "new/model", "table")
    assert "At its prices" in table
    assert "What if: too few ebooks were made with new/model" in " ".join(table.split())
    assert max(map(len, table.splitlines())) <= 80
    said = json.loads(printed(home, "new/model", "json"))
    assert said["is_what_if"] is True
    assert {stage["is_repriced"] for stage in said["stages"]} == {True, False}
    assert json.loads(printed(home, "a/b", "json"))["is_what_if"] is False
    assert "At its prices" not in printed(home, "a/b", "table")


def test_without_a_price_or_without_nine_ebooks_there_is_no_estimate(home: Home) -> None:
    with pytest.raises(UsageError, match="and no price of it was seen"):
        estimate(home.warehouse, "guide", 4, "no/such")
    with pytest.raises(TooLittleHistory, match="kind novel made with new/model, and there are 0"):
        estimate(home.warehouse, "novel", 4, "new/model")
