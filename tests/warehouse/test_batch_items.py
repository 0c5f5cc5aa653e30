"""A batch is charged as one; what its items bear of that is the charge, to the last digit."""

from decimal import Decimal
from typing import Any

import duckdb
import httpx

from ingest import Recorder, attribute
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import running_simulator
from ingest.warehouse.build import build_warehouse


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_items_of_a_recorded_batch_bear_what_was_charged(tmp_path: Any) -> None:
    home = Home(tmp_path)
    requests = [
        {"custom_id": f"page-{number}", "body": {"messages": [{"role": "user", "content": words}]}}
        for number, words in enumerate(("A fox", "A hedgehog under a fern", "An owl " * 50), 1)
    ]
    asked = {
        "model": "anthropic/claude-sonnet-4.6",
        "endpoint": "/v1/chat/completions",
        "requests": requests,
    }
    with (
        running_simulator(job_seconds=0.0) as simulator,
        Recorder(home.root, base_url=simulator.base_url) as recorder,
        httpx.Client(
            base_url=simulator.base_url,
            headers={"Authorization": "Bearer sk-or-v1-press"},
            transport=recorder.transport(),
        ) as client,
    ):
        with attribute(ebook_id="forest", stage="prompts"):
            batch_id = client.post("/batches", json=asked).json()["id"]
        client.get(f"/batches/{batch_id}")
        (billed,) = (row for row in simulator.bill()["generations"] if row["id"] == batch_id)
    seal(home)
    build_warehouse(home)
    items = ask(
        home,
        "select custom_id, ebook_id, stage, cost_source, input_tokens, cost_usd "
        "from fct_batch_items order by item_number",
    )
    assert [row[:4] for row in items] == [
        (f"page-{number}", "forest", "prompts", "batch_share") for number in (1, 2, 3)
    ]
    assert items[0][4] < items[1][4] < items[2][4]
    costs = [row[5] for row in items]
    assert all(costs)
    assert sum(costs) == Decimal(billed["cost_usd"])
    assert ask(home, "select sum(cost_usd) from fct_attempts") == [(sum(costs),)]
