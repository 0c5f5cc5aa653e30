"""From OpenRouter's lists to the cost of a call: listed, billed, and split by what was metered."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.clock import utc_now
from ingest.lake import Lake
from ingest.openrouter.client import OpenRouter
from ingest.pull.prices import pull_prices
from ingest.pull.provider import provider_client
from ingest.recording.recorder import Recorder
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import running_simulator
from ingest.warehouse.build import build_warehouse
from tests.warehouse.rows import NOON, attempt, price

CHEAPER_THAN_SERVED = "google/gemini-2.5-flash-lite"
DISCOUNTED = "deepseek/deepseek-chat"
THINKING = "openai/gpt-5-nano"
CLAUDE = "anthropic/claude-sonnet-4.6"
DRAWING = "google/gemini-2.5-flash-image"
Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Query:
    """Calls of a simulated OpenRouter whose prices were pulled before them."""
    home = Home(tmp_path_factory.mktemp("prices"))
    lake = Lake(home.lake)
    before = attempt("before", requested_model=CHEAPER_THAN_SERVED, started_at=utc_now())
    lake.land("usage_events", "before", [before], utc_now())
    with running_simulator() as simulator:
        with provider_client(simulator.base_url, "sk-or-v1-test") as client:
            pull_prices(lake, client)
        make_calls(home, simulator.base_url)
    seal(home)
    build_warehouse(home)

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return ask


def make_calls(home: Home, base_url: str) -> None:
    question = [{"role": "user", "content": "Outline a book."}]
    novel = [{"role": "user", "content": "One word after the other. " * 40_000}]
    with (
        Recorder(home.root, base_url=base_url) as recorder,
        OpenRouter("sk-or-v1-test", base_url=base_url, recorder=recorder) as client,
    ):
        for model in (CHEAPER_THAN_SERVED, DISCOUNTED, THINKING, CLAUDE):
            client.chat(model=model, messages=question)
        client.chat(model=CLAUDE, messages=novel)
        client.image(model=DRAWING, prompt="A fox under a fern", through="chat")


def test_what_was_billed_is_what_was_listed_by_the_provider_that_served(query: Query) -> None:
    drift = query(
        "select canonical_model, call_count, differing_count from fct_price_drift order by all"
    )
    models = sorted([CHEAPER_THAN_SERVED, DISCOUNTED, THINKING, CLAUDE, DRAWING])
    assert drift == [(model, 1 + (model == CLAUDE), 0) for model in models]


def test_a_long_prompt_is_listed_at_its_override(query: Query) -> None:
    prices = query(
        "select listed_input_cost_usd / input_tokens from fct_attempts"
        f" where canonical_model = '{CLAUDE}' order by input_tokens"
    )
    assert [round(usd * 10**6, 6) for (usd,) in prices] == [3, 6]


def test_lines_sum_to_their_attempt_and_images_are_a_line(query: Query) -> None:
    assert query(
        "select count(*) from fct_attempts as attempts where cost_usd <>"
        " (select sum(cost_usd) from fct_cost_lines as lines"
        " where lines.event_id = attempts.event_id)"
    ) == [(0,)]
    ((quantity, unit, usd),) = query(
        "select quantity, unit, cost_usd from fct_cost_lines where meter_bucket = 'image'"
    )
    assert (unit, usd) == ("token", quantity * Decimal("0.00003"))


def test_a_late_price_restates_the_calls_after_it_and_no_others(tmp_path: Path) -> None:
    home, lake = Home(tmp_path), Lake(tmp_path / "lake")
    used: dict[str, Any] = {"served_model": "a/b", "input_tokens": 1000, "output_tokens": 0}
    calls = [
        attempt("early", **used, started_at=NOON),
        attempt("late", **used, started_at=NOON + timedelta(days=2)),
    ]
    lake.land("usage_events", "calls", calls, NOON)
    lake.land("model_prices", "first", [price("a/b", "0.00001")], NOON)
    build_warehouse(home)
    changed = price("a/b", "0.00002", observed_at=NOON + timedelta(days=1))
    lake.land("model_prices", "second", [changed], NOON)
    build_warehouse(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        costs = connection.execute("select event_id, cost_usd from fct_attempts order by all")
        assert costs.fetchall() == [("early", Decimal("0.01")), ("late", Decimal("0.02"))]
