"""The true bill: what a client can read, to the last digit, and the same for the same requests."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest import money
from ingest.simulator import RunningSimulator, running_simulator
from tests.simulator.conftest import client_of
from tests.simulator.exchanges import (
    CLAUDE,
    DEEPSEEK,
    FLASH,
    FLASH_IMAGE,
    FLASH_LITE,
    NANO,
    ask,
    billed,
    billed_usd,
    chat_body,
    generation_of,
    true_cost_usd,
    usage_of,
)

FREE = "meta-llama/llama-3.3-70b-instruct:free"
LONG = "Tell me of the otter, the heron and the water vole. " * 20
TEXT_MODELS = [CLAUDE, FLASH, FLASH_LITE, NANO, DEEPSEEK, FREE, "openrouter/auto"]
KEYS = ["sk-or-v1-plain", "sk-or-v1-byok", "sk-or-v1-byok-fee"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("model", TEXT_MODELS)
def test_the_cost_on_the_wire_rounds_to_the_bill(
    simulator: RunningSimulator, model: str, is_streamed: bool, key: str
) -> None:
    with client_of(simulator, key) as client:
        for number in range(6):
            text = f"{number} {LONG}"
            reply = ask(client, model, text=text, stream=is_streamed, cache_control={"type": "e"})
            assert true_cost_usd(usage_of(reply)) == billed_usd(simulator, reply)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("path", ["/images", "/embeddings", "image through chat"])
def test_images_and_embeddings_round_to_the_bill(
    simulator: RunningSimulator, path: str, key: str
) -> None:
    bodies: dict[str, tuple[str, dict[str, object]]] = {
        "/images": ("/images", {"model": "black-forest-labs/flux.2-pro", "prompt": "An otter"}),
        "/embeddings": ("/embeddings", {"model": "qwen/qwen3-embedding-4b", "input": "An otter"}),
        "image through chat": (
            "/chat/completions",
            chat_body(FLASH_IMAGE, modalities=["image", "text"]),
        ),
    }
    with client_of(simulator, key) as client:
        address, body = bodies[path]
        reply = client.post(address, json=body)
    usage = usage_of(reply) | {"is_byok": "byok" in key}
    usage.setdefault("cost_details", {"upstream_inference_cost": 0})
    assert true_cost_usd(usage) == billed_usd(simulator, reply) > 0


@pytest.mark.parametrize("key", KEYS)
def test_the_settled_cost_rounds_to_the_bill(simulator: RunningSimulator, key: str) -> None:
    with client_of(simulator, key) as client:
        for model in TEXT_MODELS:
            reply = ask(client, model)
            record = generation_of(client, reply.headers["X-Generation-Id"])
            settled = {
                "cost": record["total_cost"],
                "is_byok": record["is_byok"],
                "cost_details": {"upstream_inference_cost": record["upstream_inference_cost"]},
            }
            assert record["usage"] == record["total_cost"]
            assert true_cost_usd(settled) == billed_usd(simulator, reply)


def test_the_total_is_the_exact_sum_of_the_rows(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    for model in TEXT_MODELS:
        ask(client, model, text=LONG)
    address = simulator.base_url.replace("/api/v1", "/simulator/bill")
    bill = client.get(address).json()
    assert bill == simulator.bill() == client.get("simulator/bill").json()
    rows = [Decimal(row["cost_usd"]) for row in bill["generations"]]
    assert Decimal(bill["total_usd"]) == sum(rows) > 0


def test_a_bill_row_is_openrouters_part_and_with_byok_the_providers(
    simulator: RunningSimulator,
) -> None:
    for key in KEYS:
        with client_of(simulator, key) as client:
            row = billed(simulator, ask(client, CLAUDE))
        parts = Decimal(row["openrouter_cost_usd"])
        parts += Decimal(row["upstream_cost_usd"]) if row["is_byok"] else 0
        assert Decimal(row["cost_usd"]) == parts > 0


def test_byok_costs_no_credits_within_the_allowance_and_a_twentieth_above(
    simulator: RunningSimulator,
) -> None:
    with client_of(simulator, "sk-or-v1-byok") as client:
        assert billed(simulator, ask(client, CLAUDE))["openrouter_cost_usd"] == "0"
    with client_of(simulator, "sk-or-v1-byok-fee") as client:
        row = billed(simulator, ask(client, CLAUDE))
    fee, upstream = Decimal(row["openrouter_cost_usd"]), Decimal(row["upstream_cost_usd"])
    assert abs(fee - upstream / 20) <= money.USD_PLACES


def test_some_costs_have_more_digits_than_the_ledger_keeps(client: httpx.Client) -> None:
    replies = [ask(client, FLASH, text=f"{number} {LONG}") for number in range(12)]
    costs = [Decimal(usage_of(reply)["cost"]) for reply in replies]
    assert any(cost != money.round_usd(cost) for cost in costs)


def test_usage_comes_in_all_its_forms(client: httpx.Client) -> None:
    usages = [usage_of(ask(client, CLAUDE)) for _ in range(80)]
    forms = {_form(usage) for usage in usages}
    assert forms == {"full", "upstream null", "cost_details null", "details absent", "more keys"}


def test_a_web_search_is_in_the_cost_only_and_hides_is_byok(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, NANO, plugins=[{"id": "web"}])
    usage, row = usage_of(reply), billed(simulator, reply)
    assert "is_byok" not in usage
    assert usage["server_tool_use_details"]["web_search_requests"] == 1
    assert Decimal(row["cost_usd"]) - Decimal(row["upstream_cost_usd"]) == Decimal("0.007")


def test_a_list_price_differs_from_the_price_that_is_charged(
    simulator: RunningSimulator, client: httpx.Client
) -> None:
    reply = ask(client, FLASH_LITE)
    usage = usage_of(reply)
    entry = next(m for m in client.get("/models").json()["data"] if m["id"] == FLASH_LITE)
    endpoints = client.get(f"/models/{FLASH_LITE}/endpoints").json()["data"]["endpoints"]
    assert _priced(usage, entry["pricing"]) != billed_usd(simulator, reply)
    assert _priced(usage, endpoints[0]["pricing"]) == billed_usd(simulator, reply)


def test_the_same_requests_cost_the_same_in_any_order_and_at_once() -> None:
    bodies = [
        chat_body(model, f"An outline about beavers, {number % 9}", stream=number % 2 == 0)
        for number, model in enumerate(TEXT_MODELS * 3)
    ] * 2
    in_order = _spend(bodies, worker_count=1)
    reversed_and_at_once = _spend(bodies[::-1], worker_count=8)
    assert reversed_and_at_once == in_order
    assert _spend(bodies, worker_count=1, seed=8) != in_order


def _spend(bodies: list[dict[str, object]], worker_count: int, seed: int = 7) -> list[str]:
    with (
        running_simulator(seed=seed, faults="many", stall_seconds=0.01) as simulator,
        client_of(simulator) as client,
        ThreadPoolExecutor(worker_count) as workers,
    ):
        list(workers.map(lambda body: _try(client, body), bodies))
        return sorted(row["cost_usd"] for row in simulator.bill()["generations"])


def _try(client: httpx.Client, body: dict[str, object]) -> None:
    try:
        client.post("/chat/completions", json=body)
    except httpx.RemoteProtocolError:
        return  # A cut is part of the picture: it is on the bill all the same.


def _form(usage: dict[str, Any]) -> str:
    if "cost_details" not in usage:
        return "details absent"
    if usage["cost_details"] is None:
        return "cost_details null"
    if usage["cost_details"]["upstream_inference_cost"] is None:
        return "upstream null"
    return "more keys" if "speed" in usage else "full"


def _priced(usage: dict[str, Any], pricing: dict[str, str]) -> Decimal:
    prompt, completion = Decimal(usage["prompt_tokens"]), Decimal(usage["completion_tokens"])
    return prompt * Decimal(pricing["prompt"]) + completion * Decimal(pricing["completion"])
