"""A video or a batch is told what it cost when it is asked for: that settles the call."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.lake import Lake
from ingest.pull.unsettled import unsettled_generations
from ingest.recording.recorder import Recorder
from ingest.settings import Home
from tests.landed import landed, landed_call
from tests.recording.calls import client
from tests.recording.conftest import BASE_URL

VIDEO = "gen-vid-1760600023-inkledgerTestVideoAA"
PENDING = {"id": VIDEO, "polling_url": f"{BASE_URL}/videos/{VIDEO}", "status": "pending"}
DONE = {
    **PENDING, "generation_id": VIDEO, "status": "completed",
    "usage": {"cost": 0.5000000000000001, "is_byok": False},
}  # fmt: skip
BATCH = {"id": "batch_123", "object": "batch", "model": "openai/gpt-4o", "status": "in_progress"}
FINISHED = {
    **BATCH, "status": "completed",
    "usage": {"prompt_tokens": 20, "completion_tokens": 40, "cost": 0.000225, "is_byok": False},
    "results": [{"response": {"body": {"id": "gen-batch-1-a", "usage": {"prompt_tokens": 20}}}}],
}  # fmt: skip
WITHHELD = {**FINISHED, "results": None, "error": {"code": 402, "message": "add credits"}}


def talk(recorder: Recorder, *answers: tuple[str, str, int, Any]) -> None:
    """Send each request and have it answered as it says: method, path, status, body."""
    given = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        status, body = next(given)[2:]
        return httpx.Response(status, json=body)

    with client(recorder, answer) as http:
        for method, path, _, _ in answers:
            http.request(method, f"{BASE_URL}/{path}", json={"model": "m"})
    recorder.close()


@pytest.mark.parametrize(
    ("path", "first", "status", "last", "cost_usd"),
    [
        ("videos", PENDING, 200, DONE, Decimal("0.5")),
        ("batches", BATCH, 200, FINISHED, Decimal("0.000225")),
        ("batches", BATCH, 402, WITHHELD, Decimal("0.000225")),
    ],
    ids=["video", "batch", "batch withheld"],
)
def test_a_job_is_settled_by_the_answer_that_tells_its_cost(
    recorder: Recorder, home: Path, path: str, first: Any, status: int, last: Any, cost_usd: Decimal
) -> None:
    question = ("GET", f"{path}/{first['id']}")
    talk(recorder, ("POST", path, 202, first), (*question, 200, first), (*question, status, last))
    call = landed_call(home)
    assert (call["generation_id"], call["status"]) == (first["id"], "succeeded")
    assert call["reported_cost_usd"] is None
    (settled,) = landed(home, "settlements")
    assert settled["generation_id"] == first["id"]
    assert (settled["total_cost_usd"], settled["observed_in"]) == (cost_usd, "reply")
    items = '[{"item_number":1,"input_tokens":20}]' if last is FINISHED else None
    assert settled["items_json"] == items
    assert unsettled_generations(Lake(Home(home).lake)) == []


def test_a_job_under_another_id_than_its_generation_is_settled_under_both(
    recorder: Recorder, home: Path
) -> None:
    done = {**DONE, "id": "job-7", "generation_id": VIDEO}
    talk(recorder, ("GET", "videos/job-7", 200, done))
    assert {row["generation_id"] for row in landed(home, "settlements")} == {"job-7", VIDEO}


@pytest.mark.parametrize("answer", [PENDING, {"error": {"code": 404, "message": "gone"}}, []])
def test_an_answer_without_a_cost_settles_nothing(
    recorder: Recorder, home: Path, answer: Any
) -> None:
    talk(recorder, ("GET", f"videos/{VIDEO}", 200, answer))
    assert landed(home, "settlements") == landed(home) == []


def test_a_batch_is_not_asked_for_where_nobody_knows_it(recorder: Recorder, home: Path) -> None:
    talk(recorder, ("POST", "batches", 200, BATCH), ("POST", "videos", 202, PENDING))
    assert {row["generation_id"] for row in landed(home)} == {"batch_123", VIDEO}
    asked = unsettled_generations(Lake(Home(home).lake))
    assert [each.generation_id for each in asked] == [VIDEO]


def test_an_answer_that_is_cut_off_is_passed_on_and_settles_nothing(
    recorder: Recorder, home: Path
) -> None:
    body = json.dumps(DONE).encode()[:-20]
    with client(recorder, lambda _: httpx.Response(200, content=body)) as http:
        assert http.get(f"{BASE_URL}/videos/{VIDEO}").content == body
    recorder.close()
    assert landed(home, "settlements") == []
