"""The analytics query says what the bill says, in its own clumsy way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest import money
from ingest.simulator import RunningSimulator
from tests.simulator.conftest import client_of
from tests.simulator.exchanges import CLAUDE, NANO, ask, billed_usd

MANAGEMENT_KEY = "sk-or-v1-management"
NOW = datetime.now(UTC)
TODAY = {
    "start": (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "end": (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
}


def query(simulator: RunningSimulator, **body: Any) -> httpx.Response:
    with client_of(simulator, MANAGEMENT_KEY) as http:
        return http.post("/analytics/query", json={"metrics": ["total_usage"], **body})


def rows(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    return list(money.loads(reply.content)["data"]["data"])


def test_each_generation_is_a_row_with_its_user_and_what_it_cost(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, CLAUDE, user="book-1")
    ids = [reply.headers["X-Generation-Id"]]
    only = {"field": "generation_id", "operator": "in", "value": ids}
    asked = query(
        simulator,
        dimensions=["generation_id", "external_user"],
        metrics=["total_usage", "request_count"],
        filters=[only],
        time_range=TODAY,
    )
    (row,) = rows(asked)
    assert (row["generation_id"], row["external_user"]) == (ids[0], "book-1")
    assert money.round_usd(Decimal(row["total_usage"])) == billed_usd(simulator, reply)
    assert row["request_count"] == "1"


def test_what_a_limit_cuts_is_said(simulator: RunningSimulator, client: httpx.Client) -> None:
    for _ in range(3):
        ask(client, NANO, user="cut")
    only = {"field": "external_user", "operator": "eq", "value": "cut"}
    asked = query(simulator, dimensions=["generation_id"], filters=[only], limit=2)
    assert money.loads(asked.content)["data"]["metadata"]["truncated"] is True
    assert len(rows(asked)) == 2


def test_a_time_before_the_calls_is_empty(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    ask(client, NANO)
    past = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}
    assert rows(query(simulator, dimensions=["generation_id"], time_range=past)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"metrics": ["love"]},
        {"dimensions": ["session_id"]},
        {"dimensions": ["model", "provider", "generation_id"]},
        {"time_range": {"start": "2026-01-01T00:00", "end": "2026-01-02T00:00"}},
    ],
)
def test_what_cannot_be_asked_is_refused(simulator: RunningSimulator, wrong: Any) -> None:
    assert query(simulator, **wrong).status_code == 400


def test_an_ordinary_key_may_not_ask(client: httpx.Client) -> None:
    assert client.post("/analytics/query", json={"metrics": ["total_usage"]}).status_code == 403
