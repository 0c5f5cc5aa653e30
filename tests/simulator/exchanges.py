"""How the tests ask, and how they read answers and the bill: with Decimal, to the last digit."""

from decimal import Decimal
from itertools import count
from typing import Any

import httpx

from ingest import money
from ingest.simulator import RunningSimulator

CLAUDE = "anthropic/claude-sonnet-4.6"
FLASH = "google/gemini-2.5-flash"
FLASH_LITE = "google/gemini-2.5-flash-lite"
FLASH_IMAGE = "google/gemini-2.5-flash-image"
NANO = "openai/gpt-5-nano"
DEEPSEEK = "deepseek/deepseek-chat"

_numbers = count()


def chat_body(model: str, text: str = "", **more: object) -> dict[str, object]:
    """A request that no other test has sent, unless it brings its own text."""
    text = text or f"Write an outline about otters, number {next(_numbers)}"
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def ask(client: httpx.Client, model: str, *, fault: str = "", **more: Any) -> httpx.Response:
    """One chat request, with a fault if one is named."""
    headers = {"X-Simulate-Fault": fault} if fault else {}
    return client.post("/chat/completions", json=chat_body(model, **more), headers=headers)


def chunks_of(text: str) -> list[dict[str, Any]]:
    """The JSON chunks of a stream, as exact as the wire."""
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [money.loads(line[6:]) for line in lines if line != "data: [DONE]"]


def usage_of(reply: httpx.Response) -> dict[str, Any]:
    """`usage` of a reply, streamed or not."""
    if not reply.headers["content-type"].startswith("text/event-stream"):
        return dict(money.loads(reply.content)["usage"])
    told = [chunk.get("response", chunk) for chunk in chunks_of(reply.text)]
    (usage,) = [part["usage"] for part in told if "usage" in part]
    return dict(usage)


def true_cost_usd(usage: dict[str, Any]) -> Decimal:
    """What a ledger makes of a `usage`: each amount rounded to its places, upstream if BYOK."""
    cost = money.round_usd(Decimal(usage["cost"]))
    if usage.get("is_byok"):
        cost += money.round_usd(Decimal(usage["cost_details"]["upstream_inference_cost"]))
    return cost


def billed(simulator: RunningSimulator, reply: httpx.Response) -> dict[str, Any]:
    """The row of the true bill for this reply."""
    return billed_id(simulator, reply.headers["X-Generation-Id"])


def billed_id(simulator: RunningSimulator, generation_id: str) -> dict[str, Any]:
    """The row of the true bill with this id."""
    (row,) = [row for row in simulator.bill()["generations"] if row["id"] == generation_id]
    return dict(row)


def billed_usd(simulator: RunningSimulator, reply: httpx.Response) -> Decimal:
    """The true cost of this reply, USD."""
    return Decimal(billed(simulator, reply)["cost_usd"])


def generation_of(client: httpx.Client, generation_id: str) -> dict[str, Any]:
    """The record that `/generation` has of this id."""
    reply = client.get("/generation", params={"id": generation_id})
    assert reply.status_code == 200, reply.text
    return dict(money.loads(reply.content)["data"])
