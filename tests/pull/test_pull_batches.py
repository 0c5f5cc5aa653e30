"""What a batch cost is learned from the batch itself, whoever asked for it before, or nobody."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest.clock import utc_now
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.money import loads
from ingest.pull.settlements import pull_settlements
from ingest.records import Settlement
from ingest.simulator import RunningSimulator, running_simulator
from tests.pull.providers import (
    HASTY,
    IMPATIENT,
    attempt,
    client_of,
    generate,
    json_answer,
    land_attempts,
    scripted,
)

CLAUDE = "anthropic/claude-sonnet-4.6"
NANO = "openai/gpt-5-nano"
ID = "batch_123"
WITHHELD = {
    "id": ID,
    "object": "batch",
    "created_at": 1760600000,
    "results": None,
    "error": {"code": 402, "message": "Add credits."},
    "usage": {"prompt_tokens": 20, "completion_tokens": 40, "cost": 0.000225, "is_byok": False},
}


def submit(client: httpx.Client, model: str = CLAUDE) -> str:
    item = {"custom_id": "a", "body": {"messages": [{"role": "user", "content": f"On {new_id()}"}]}}
    asked = {"model": model, "endpoint": "/v1/chat/completions", "requests": [item]}
    return str(client.post("/batches", json=asked).json()["id"])


def batch_call(batch_id: str | None, **changes: Any) -> Any:
    return attempt(batch_id, endpoint="batches", requested_model=CLAUDE, **changes)


def settlements(lake: Lake) -> dict[str, dict[str, Any]]:
    rows = lake.scan("settlements").collect().to_dicts()
    return {row["generation_id"]: row for row in rows}


def billed_usd(simulator: RunningSimulator, batch_id: str) -> Decimal:
    (row,) = [row for row in simulator.bill()["generations"] if row["id"] == batch_id]
    return Decimal(row["cost_usd"])


def spend_usd(row: dict[str, Any]) -> Decimal:
    upstream_usd = row["upstream_cost_usd"] if row["is_byok"] else 0
    return Decimal(row["total_cost_usd"] + upstream_usd)


@pytest.fixture(scope="module")
def quick() -> Any:
    with running_simulator(job_seconds=0.0) as running:
        yield running


@pytest.mark.parametrize("key", ["plain", "byok", "byok-fee"])
def test_a_batch_that_nobody_asked_for_is_settled_at_what_was_charged(
    quick: RunningSimulator, lake: Lake, key: str
) -> None:
    with client_of(quick, key) as client:
        batch_id = submit(client)
        land_attempts(lake, batch_call(batch_id, status="succeeded"))
        result = pull_settlements(lake, client, patience=HASTY)
        again = pull_settlements(lake, client, patience=HASTY)
    assert (result.landed_count, again.landed_count, result.not_yet_known) == (1, 0, ())
    row = settlements(lake)[batch_id]
    assert spend_usd(row) == billed_usd(quick, batch_id)
    assert row["served_model"] == "anthropic/claude-4.6-sonnet-20260217"
    (item,) = loads(row["items_json"])
    assert (item["custom_id"], item["input_tokens"]) == ("a", row["input_tokens"])


def test_a_batch_that_is_not_done_is_asked_for_by_the_next_pull(lake: Lake) -> None:
    with running_simulator(job_seconds=0.5) as simulator, client_of(simulator) as client:
        batch_id = submit(client)
        land_attempts(lake, batch_call(batch_id))
        first = pull_settlements(lake, client, patience=IMPATIENT)
        time.sleep(0.6)
        second = pull_settlements(lake, client, patience=IMPATIENT)
        assert spend_usd(settlements(lake)[batch_id]) == billed_usd(simulator, batch_id)
    assert (first.landed_count, second.landed_count) == (0, 1)


def test_a_batch_whose_results_are_withheld_tells_its_cost(lake: Lake) -> None:
    land_attempts(lake, batch_call(ID))
    with scripted(lambda _: json_answer(WITHHELD, 402)) as client:
        pull_settlements(lake, client, patience=IMPATIENT)
    row = settlements(lake)[ID]
    assert (row["total_cost_usd"], row["observed_in"]) == (Decimal("0.000225"), "reply")
    assert row["generated_at"] == datetime.fromtimestamp(1760600000, UTC)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"error": {"code": 404, "message": "no"}}, 404),
        ({"error": {"code": 402, "message": "no"}}, 402),
        ({"object": "batch", "usage": {"cost": 1.5}, "results": ["a secret reply"]}, 200),
        ({**WITHHELD, "usage": {"cost": -1.5}}, 200),
        ("<html>", 502),
    ],
)
def test_an_answer_that_tells_nothing_leaves_the_batch_and_keeps_no_reply(
    lake: Lake, answer: Any, status: int
) -> None:
    land_attempts(lake, batch_call(ID))
    with scripted(lambda _: json_answer(answer, status)) as client:
        pull_settlements(lake, client, patience=IMPATIENT)
    assert settlements(lake) == {}
    assert lake.scan("quarantine").collect().to_dicts() == []


def test_a_call_that_died_before_it_learned_its_batch_is_matched_by_model_and_time(
    quick: RunningSimulator, lake: Lake
) -> None:
    with client_of(quick, "sk-or-v1-loser") as client:
        names = [submit(client, CLAUDE), submit(client, NANO), submit(client, CLAUDE)]
        own = batch_call(names[0], status="succeeded")
        lost = [
            batch_call(None, started_at=utc_now()),
            attempt(None, endpoint="batches", requested_model=NANO, started_at=utc_now()),
        ]
        land_attempts(lake, own, *lost)
        pull_settlements(lake, client, patience=HASTY)
        again = pull_settlements(lake, client, patience=HASTY)
    rows = settlements(lake)
    assert [rows[name]["event_id"] for name in names] == [None, lost[1].event_id, lost[0].event_id]
    assert [spend_usd(rows[name]) for name in names] == [billed_usd(quick, n) for n in names]
    assert again.landed_count == 0


def test_an_older_batch_is_not_taken_for_a_lost_call(quick: RunningSimulator, lake: Lake) -> None:
    with client_of(quick, "sk-or-v1-patient") as client:
        submit(client)
        land_attempts(lake, batch_call(None, started_at=utc_now() - timedelta(hours=2)))
        pull_settlements(lake, client, patience=IMPATIENT)
    assert settlements(lake) == {}


def test_every_page_of_the_list_is_looked_at(lake: Lake) -> None:
    now = utc_now()
    batches = [
        {**WITHHELD, "id": name, "model": CLAUDE, "created_at": int(now.timestamp())}
        for name in ("batch_1", "batch_2")
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/batches"):
            is_second = request.url.params.get("after") == "batch_1"
            page = {"object": "list", "data": [batches[is_second]], "last_id": "batch_1"}
            return json_answer({**page, "has_more": not is_second})
        return json_answer(next(b for b in batches if request.url.path.endswith(str(b["id"]))))

    land_attempts(lake, batch_call(None, started_at=now), batch_call(None, started_at=now))
    with scripted(answer) as client:
        pull_settlements(lake, client, patience=IMPATIENT)
    assert set(settlements(lake)) == {"batch_1", "batch_2"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("rerank", {"model": "cohere/rerank-v3.5", "query": "a", "documents": ["b"]}),
        ("audio/transcriptions", {"model": "openai/whisper-1", "input_audio": {"data": "AAAA"}}),
    ],
)
@pytest.mark.parametrize("key", ["plain", "byok", "byok-fee"])
def test_where_a_reply_never_says_whose_key_it_was_openrouter_is_asked(
    simulator: RunningSimulator, lake: Lake, key: str, path: str, body: dict[str, Any]
) -> None:
    with client_of(simulator, key) as client:
        reply = client.post(path, json=body)
        name, told = reply.headers["X-Generation-Id"], loads(reply.content)["usage"]["cost"]
        call = attempt(name, endpoint=path, status="succeeded", reported_cost_usd=Decimal(told))
        land_attempts(lake, call)
        results = [pull_settlements(lake, client, patience=HASTY) for _ in range(2)]
    assert [result.landed_count for result in results] == [1, 0]
    assert spend_usd(settlements(lake)[name]) == billed_usd(simulator, name)


def test_a_video_of_which_only_openrouters_part_was_told_is_settled_whole(
    simulator: RunningSimulator, lake: Lake
) -> None:
    generation_id = generate(simulator, key="byok-fee")
    land_attempts(lake, attempt(generation_id, endpoint="videos", status="succeeded"))
    earlier = Settlement(
        generation_id=generation_id,
        total_cost_usd=Decimal("0.01"),
        is_byok=True,
        observed_at=utc_now(),
        observed_in="reply",
    )
    lake.land("settlements", new_id(), [earlier], utc_now())
    with client_of(simulator, "byok-fee") as client:
        result = pull_settlements(lake, client)
    assert result.landed_count == 1
    rows = lake.scan("settlements").collect().to_dicts()
    newest = max(rows, key=lambda row: str(row["observed_at"]))
    assert spend_usd(newest) == billed_usd(simulator, generation_id)
    assert len(rows) == 2
