"""`GET /generation`: later than the reply, only for its owner, and with names of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from ingest import money
from ingest.simulator import RunningSimulator, running_simulator
from tests.simulator.conftest import client_of
from tests.simulator.exchanges import CLAUDE, FLASH_IMAGE, NANO, ask, generation_of, usage_of

FIXTURES = Path(__file__).parents[3] / "shared" / "openrouter" / "fixtures.json"
NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


class SetClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def slow_to_settle(clock: SetClock) -> Iterator[RunningSimulator]:
    with running_simulator(
        clock=clock, settlement_delay_seconds=(2, 3), interrupted_delay_seconds=(60, 90)
    ) as simulator:
        yield simulator


def test_a_record_is_not_there_at_once_and_then_it_is() -> None:
    clock = SetClock(NOON)
    with slow_to_settle(clock) as simulator, client_of(simulator) as client:
        address = {"id": ask(client, CLAUDE).headers["X-Generation-Id"]}
        early = client.get("/generation", params=address)
        clock.now += timedelta(seconds=3)
        late = client.get("/generation", params=address)
    assert (early.status_code, late.status_code) == (404, 200)
    assert early.json() == {
        "error": {"message": f"Generation {address['id']} not found", "code": 404}
    }
    assert late.json()["data"]["created_at"] == "2026-10-15T12:00:00+00:00"


def test_the_record_of_an_interrupted_call_takes_longer() -> None:
    clock = SetClock(NOON)
    with slow_to_settle(clock) as simulator, client_of(simulator) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            ask(client, CLAUDE, fault="cut_stream")
        (row,) = simulator.bill()["generations"]
        clock.now += timedelta(seconds=59)
        early = client.get("/generation", params={"id": row["id"]})
        clock.now += timedelta(seconds=31)
        assert early.status_code == 404
        settled_usd = generation_of(client, row["id"])["total_cost"]
    assert money.round_usd(settled_usd) == Decimal(row["cost_usd"])


def test_an_unknown_id_is_never_found(client: httpx.Client) -> None:
    assert client.get("/generation", params={"id": "gen-1-x"}).status_code == 404
    assert client.get("/generation").status_code == 404


def test_a_record_is_not_shown_to_another_key(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    address = {"id": ask(client, CLAUDE).headers["X-Generation-Id"]}
    with client_of(simulator, "sk-or-v1-stranger") as stranger:
        assert stranger.get("/generation", params=address).status_code == 403
    with client_of(simulator, "sk-or-v1-management") as management:
        assert management.get("/generation", params=address).status_code == 200
    assert httpx.get(simulator.base_url + "/generation", params=address).status_code == 401


def test_native_counts_are_those_of_the_reply_and_the_others_are_not(
    client: httpx.Client,
) -> None:
    reply = ask(client, NANO, session_id="book-7", user="reader", stream=True)
    usage, record = usage_of(reply), generation_of(client, reply.headers["X-Generation-Id"])
    assert record["native_tokens_prompt"] == usage["prompt_tokens"] != record["tokens_prompt"]
    assert record["native_tokens_completion"] == usage["completion_tokens"]
    assert record["tokens_completion"] != usage["completion_tokens"]
    assert record["model"] == "openai/gpt-5-nano-2025-08-07"
    assert (record["session_id"], record["external_user"]) == ("book-7", "reader")
    assert record["streamed"] is True


def test_the_upstream_cost_is_shown_for_byok_only(simulator: RunningSimulator) -> None:
    upstream = {}
    for key in ("sk-or-v1-plain", "sk-or-v1-byok"):
        with client_of(simulator, key) as client:
            records = [
                generation_of(client, ask(client, CLAUDE).headers["X-Generation-Id"])
                for _ in range(8)
            ]
        upstream[key] = {record["upstream_inference_cost"] for record in records}
    assert upstream["sk-or-v1-plain"] == {0, None}
    assert all(cost > 0 for cost in upstream["sk-or-v1-byok"])


def test_image_tokens_are_counted_in_the_record(client: httpx.Client) -> None:
    reply = ask(client, FLASH_IMAGE, modalities=["image"])
    record = generation_of(client, reply.headers["X-Generation-Id"])
    assert record["native_tokens_completion_images"] == 1290
    assert record["num_media_completion"] == 1
    assert record["tokens_completion"] < 100


@pytest.mark.parametrize(("fault", "status"), [("429", 429), ("502", 502), ("edge_timeout", 524)])
def test_the_record_can_be_refused_once(client: httpx.Client, fault: str, status: int) -> None:
    address = {"id": ask(client, CLAUDE).headers["X-Generation-Id"]}
    headers = {"X-Simulate-Fault": fault}
    replies = [client.get("/generation", params=address, headers=headers) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [status, 200]


def test_records_can_be_refused_by_chance() -> None:
    with (
        running_simulator(settlement_delay_seconds=(0, 0), generation_error_rate=0.5) as simulator,
        client_of(simulator) as client,
    ):
        address = {"id": ask(client, CLAUDE).headers["X-Generation-Id"]}
        statuses = {client.get("/generation", params=address).status_code for _ in range(30)}
    assert statuses == {200, 429, 502}


@pytest.mark.skipif(not FIXTURES.exists(), reason="the recorded replies are not beside this clone")
def test_a_record_has_every_field_of_the_documented_one(client: httpx.Client) -> None:
    documented = json.loads(FIXTURES.read_text())["17b_generation_ok"]["body"]["data"]
    record = generation_of(client, ask(client, CLAUDE).headers["X-Generation-Id"])
    assert set(documented) < set(record)
    assert "usage_cache" in record
