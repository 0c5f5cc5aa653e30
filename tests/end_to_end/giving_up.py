"""Calls that are given up in every way, as programs give them up; run by test_given_up_calls.py.

Prints a JSON list of the cases, each `client/way/moment/shape/model`; each call is attributed to
an ebook of its case's name.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from itertools import product
from typing import Any

import httpx

from ingest import AsyncOpenRouter, NoAnswer, OpenRouter, Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "")
KEY = os.environ.get("OPENROUTER_API_KEY", "")
STOPS_BILLING, BILLS_THE_WHOLE = "deepseek/deepseek-chat", "google/gemini-2.5-flash"
CLIENTS = ("httpx-now", "httpx-later", "ours-now", "ours-later")
MOMENTS, SHAPES = ("before", "after"), ("whole", "streamed")
SECONDS = 0.25
"""After so long a call is given up; the simulator takes longer for each."""


class Httpx:
    def __init__(self, recorder: Recorder, timeout: float) -> None:
        headers, base = {"Authorization": f"Bearer {KEY}"}, f"{URL}/"
        self.now = httpx.Client(
            transport=recorder.transport(), headers=headers, base_url=base, timeout=timeout
        )
        self.later = httpx.AsyncClient(
            transport=recorder.async_transport(), headers=headers, base_url=base, timeout=timeout
        )

    def pieces(self, body: dict[str, Any]) -> Iterator[object]:
        with self.now.stream("POST", "chat/completions", json=body) as reply:
            yield "headers"
            yield from reply.iter_bytes()

    async def pieces_later(self, body: dict[str, Any]) -> AsyncIterator[object]:
        async with self.later.stream("POST", "chat/completions", json=body) as reply:
            yield "headers"
            async for piece in reply.aiter_bytes():
                yield piece


class Ours:
    def __init__(self, recorder: Recorder, timeout: float) -> None:
        options: dict[str, Any] = {"base_url": URL, "recorder": recorder, "timeout": timeout}
        self.now, self.later = OpenRouter(KEY, **options), AsyncOpenRouter(KEY, **options)

    def pieces(self, body: dict[str, Any]) -> Iterator[object]:
        reply: Any = self.now.chat(**body)
        if body["stream"]:
            with reply:
                yield "headers"
                yield from reply

    async def pieces_later(self, body: dict[str, Any]) -> AsyncIterator[object]:
        reply: Any = await self.later.chat(**body)
        if body["stream"]:
            async with reply:
                yield "headers"
                async for piece in reply:
                    yield piece


def read(client: Any, body: dict[str, Any]) -> None:
    for _ in client.pieces(body):
        pass


async def read_later(client: Any, body: dict[str, Any]) -> None:
    async for _ in client.pieces_later(body):
        pass


def close_early(client: Any, body: dict[str, Any]) -> None:
    pieces = client.pieces(body)
    next(pieces)
    if body["stream"]:
        next(pieces)
    pieces.close()


async def close_early_later(client: Any, body: dict[str, Any]) -> None:
    pieces = client.pieces_later(body)
    await anext(pieces)
    if body["stream"]:
        await anext(pieces)
    await pieces.aclose()


async def cancel(client: Any, body: dict[str, Any]) -> None:
    task = asyncio.create_task(read_later(client, body))
    await asyncio.sleep(SECONDS)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def interrupt(client: Any, body: dict[str, Any]) -> None:
    with interrupted():
        read(client, body)


async def interrupt_later(client: Any, body: dict[str, Any]) -> None:
    await read_later(client, body)


class interrupted:  # noqa: N801 - reads as what happens: `with interrupted():`
    """Ctrl-C after a while, in the middle of the block."""

    def __enter__(self) -> None:
        threading.Timer(SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()

    def __exit__(self, kind: object, *_: object) -> bool:
        return kind is KeyboardInterrupt


WAYS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "time-out": (read, read_later),
    "closed": (close_early, close_early_later),
    "Ctrl-C": (interrupt, interrupt_later),
    "cancelled": (cancel, cancel),
}


def give_up(recorder: Recorder, case: str) -> None:
    client_name, way, moment, shape, model = case.split("/", 4)
    kind, is_awaited = client_name.split("-")
    client = {"httpx": Httpx, "ours": Ours}[kind](recorder, SECONDS if way == "time-out" else 30)
    fault = "#fault=silent_stall" if moment == "before" else ""
    if way == "time-out" and moment == "after":
        fault = "#fault=stall"
    body = {
        "model": model + fault,
        "messages": [{"role": "user", "content": case * 9}],
        "stream": shape == "streamed",
    }
    now, later = WAYS[way]
    with attribute(ebook_id=case), suppress(httpx.ReadTimeout, NoAnswer):
        if is_awaited == "now":
            now(client, body)
        elif way == "Ctrl-C":
            with interrupted():
                asyncio.run(later(client, body))
        else:
            asyncio.run(later(client, body))


def cases() -> Iterator[str]:
    """Every combination that there is."""
    for client, way, moment, shape in product(CLIENTS, WAYS, MOMENTS, SHAPES):
        if way == "closed" and moment == "before":
            continue  # There is nothing yet to close.
        if way == "closed" and shape == "whole" and client.startswith("ours"):
            continue  # Nor here: our clients hand out whole replies only when read.
        if way == "cancelled" and client.endswith("now"):
            continue  # Only tasks are cancelled.
        for model in (STOPS_BILLING, BILLS_THE_WHOLE):
            yield f"{client}/{way}/{moment}/{shape}/{model}"


if __name__ == "__main__":
    with Recorder() as everything:
        made = list(cases())
        for each in made:
            give_up(everything, each)
    sys.stdout.write(json.dumps(made))
