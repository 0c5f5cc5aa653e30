"""Videos and batches: answered at once, done later, and only then with a cost."""

import time
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest import money
from ingest.simulator import RunningSimulator
from tests.simulator.conftest import client_of
from tests.simulator.endpoints import ENDPOINTS, JOBS, TEXT
from tests.simulator.exchanges import CLAUDE, billed_id, billed_usd, true_cost_usd


def submit(client: httpx.Client, name: str, fault: str = "", **more: Any) -> httpx.Response:
    asked = ENDPOINTS[name]
    headers = {"X-Simulate-Fault": fault} if fault else {}
    return client.post(asked.path, json=asked.content["json"] | more, headers=headers)


def done(client: httpx.Client, name: str, job: httpx.Response) -> Any:
    """What is told of a job when it is done, as exact as the wire."""
    for _ in range(500):
        reply = client.get(f"{ENDPOINTS[name].path}/{job.json()['id']}")
        body = money.loads(reply.content)
        if body["status"] not in ("pending", "in_progress"):
            break
        time.sleep(0.02)
    return body


def test_a_video_is_accepted_before_it_is_made(client: httpx.Client) -> None:
    reply = submit(client, "videos")
    assert reply.status_code == 202
    assert reply.json()["status"] == "pending"
    assert reply.json()["id"] == reply.headers["X-Generation-Id"]
    assert "usage" not in client.get(reply.json()["polling_url"]).json()


@pytest.mark.parametrize("key", ["sk-or-v1-plain", "sk-or-v1-byok-fee"])
def test_a_video_that_is_done_tells_its_cost_but_not_the_providers(
    simulator: RunningSimulator, key: str
) -> None:
    with client_of(simulator, key) as client:
        job = submit(client, "videos")
        usage = done(client, "videos", job)["usage"]
        video = client.get(f"/videos/{job.json()['id']}/content")
    row = billed_id(simulator, job.json()["id"])
    assert set(usage) == {"cost", "is_byok"}
    assert money.round_usd(usage["cost"]) == Decimal(row["openrouter_cost_usd"])
    assert usage["is_byok"] == ("byok" in key)
    assert video.headers["Content-Type"] == "video/mp4"


def test_a_video_that_could_not_be_made_is_free(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    job = submit(client, "videos", "choice_error")
    body = done(client, "videos", job)
    assert (body["status"], "usage" in body) == ("failed", False)
    assert billed_usd(simulator, job) == 0


@pytest.mark.parametrize("key", ["sk-or-v1-plain", "sk-or-v1-byok", "sk-or-v1-byok-fee"])
def test_a_batch_costs_half_and_only_the_batch_says_so(
    simulator: RunningSimulator, key: str
) -> None:
    with client_of(simulator, key) as client:
        batch = done(client, "batches", submit(client, "batches"))
    row = billed_id(simulator, batch["id"])
    assert true_cost_usd(batch["usage"]) == Decimal(row["cost_usd"])
    bodies = [result["response"]["body"] for result in batch["results"]]
    assert all(body["id"].startswith("gen-batch-") for body in bodies)
    assert not any("cost" in body["usage"] for body in bodies)
    tokens = [body["usage"]["completion_tokens"] for body in bodies]
    assert sum(tokens) == batch["usage"]["completion_tokens"]
    prompt_tokens = batch["usage"]["prompt_tokens"]
    single = Decimal(prompt_tokens) * 3 + Decimal(sum(tokens)) * 15
    assert Decimal(row["upstream_cost_usd"]) == single.scaleb(-6) / 2


@pytest.mark.parametrize(
    ("endpoint", "model", "body"),
    [
        ("/v1/responses", CLAUDE, {"input": TEXT}),
        ("/v1/messages", CLAUDE, {"messages": [{"role": "user", "content": TEXT}]}),
        ("/v1/embeddings", "qwen/qwen3-embedding-4b", {"input": TEXT}),
    ],
)
def test_a_batch_takes_other_endpoints_too(
    client: httpx.Client, endpoint: str, model: str, body: dict[str, Any]
) -> None:
    requests = [{"custom_id": "one", "body": body}]
    job = submit(client, "batches", endpoint=endpoint, model=model, requests=requests)
    (result,) = done(client, "batches", job)["results"]
    assert result["custom_id"] == "one"
    assert (
        result["response"]["body"]["usage"][
            "input_tokens" if "emb" not in endpoint else "prompt_tokens"
        ]
        > 0
    )


def test_a_failed_item_of_a_batch_is_free(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    whole = done(client, "batches", submit(client, "batches"))
    batch = done(client, "batches", submit(client, "batches", "choice_error"))
    assert batch["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    assert batch["results"][0]["error"]["error_type"] == "provider_unavailable"
    assert 0 < batch["usage"]["cost"] < whole["usage"]["cost"]


def test_without_credits_a_batch_tells_its_cost_and_withholds_its_results(
    client: httpx.Client,
) -> None:
    batch = done(client, "batches", submit(client, "batches"))
    headers = {"X-Simulate-Fault": "insufficient_credits"}
    reply = client.get(f"/batches/{batch['id']}", headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (402, 402)
    assert reply.json()["results"] is None
    assert reply.json()["usage"]["cost"] > 0


def test_batches_are_listed_newest_first_and_page_by_page(simulator: RunningSimulator) -> None:
    with client_of(simulator, "sk-or-v1-lister") as client:
        names = [submit(client, "batches").json()["id"] for _ in range(3)]
        first = client.get("/batches", params={"limit": 2}).json()
        rest = client.get("/batches", params={"limit": 2, "after": first["last_id"]}).json()
        none = client.get("/batches", params={"created_after": int(time.time()) + 60}).json()
    listed = [batch["id"] for batch in first["data"] + rest["data"]]
    assert listed == names[::-1]
    assert (first["has_more"], rest["has_more"], none["data"]) == (True, False, [])


def test_a_batch_is_no_generation(client: httpx.Client) -> None:
    reply = submit(client, "batches")
    assert "X-Generation-Id" not in reply.headers
    assert client.get("/generation", params={"id": reply.json()["id"]}).status_code == 404


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_shown_to_its_own_key_alone(simulator: RunningSimulator, name: str) -> None:
    with client_of(simulator) as client, client_of(simulator, "sk-or-v1-other") as other:
        path = f"{ENDPOINTS[name].path}/{submit(client, name).json()['id']}"
        assert (client.get(path).status_code, other.get(path).status_code) == (200, 404)


@pytest.mark.parametrize("fault", ["429", "502", "524"])
def test_a_question_for_a_job_can_be_refused(client: httpx.Client, fault: str) -> None:
    path = f"/videos/{submit(client, 'videos').json()['id']}"
    reply = client.get(path, headers={"X-Simulate-Fault": fault})
    assert reply.status_code == int(fault)
