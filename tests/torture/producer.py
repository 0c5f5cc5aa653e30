"""A program that calls without end, in the manner it is told, until somebody kills it."""

import asyncio
import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable

import httpx

from ingest import AsyncOpenRouter, OpenRouter, Recorder, Settler, attribute, production_run

KEY = "sk-or-v1-test"
MODELS = ("openai/gpt-5-nano", "anthropic/claude-sonnet-4.6", "google/gemini-2.5-flash")


def payload(number: int) -> dict[str, object]:
    """A request that no other producer sends."""
    text = f"Page {number} of process {os.getpid()}"
    return {
        "model": MODELS[number % len(MODELS)],
        "messages": [{"role": "user", "content": text}],
        "stream": number % 2 == 0,
    }


def in_one_run(recorder: Recorder, base_url: str) -> None:
    """Our own client, in production runs of twenty calls."""
    with OpenRouter(KEY, base_url=base_url, recorder=recorder) as client:
        for book in itertools.count():
            with production_run(ebook_id=f"book-{os.getpid()}-{book}"):
                for number in range(20):
                    with attribute(stage="line_art", page_number=number):
                        reply = client.chat(**payload(book * 20 + number))  # type: ignore[call-overload]
                        for _ in reply if number % 2 == 0 else ():
                            pass


def in_threads(recorder: Recorder, base_url: str) -> None:
    """Six threads on one client of httpx, outside any run."""
    http = httpx.Client(
        base_url=base_url,
        transport=recorder.transport(),
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=30,
    )

    def work(first: int) -> None:
        for number in itertools.count(first, 6):
            http.post("/chat/completions", json=payload(number))

    threads = [threading.Thread(target=work, args=(first,)) for first in range(6)]
    for thread in threads:
        thread.start()


def in_tasks(recorder: Recorder, base_url: str) -> None:
    """Eight tasks on our asynchronous client, in runs of their own."""

    async def work(client: AsyncOpenRouter, first: int) -> None:
        with production_run(ebook_id=f"task-{first}"):
            for number in itertools.count(first, 8):
                reply = await client.chat(**payload(number))  # type: ignore[call-overload]
                if number % 2 == 0:
                    async for _ in reply:
                        pass

    async def run() -> None:
        async with AsyncOpenRouter(KEY, base_url=base_url, recorder=recorder) as client:
            await asyncio.gather(*(work(client, first) for first in range(8)))

    asyncio.run(run())


def in_forks(recorder: Recorder, base_url: str) -> None:
    """A parent that recorded before it forked, and its two children, on one spool folder."""
    with OpenRouter(KEY, base_url=base_url, recorder=recorder) as client:
        client.embed(model="qwen/qwen3-embedding-4b", input=f"warm up {os.getpid()}")
    for _ in range(2):
        if os.fork() == 0:
            break
    in_one_run(recorder, base_url)


def through_openai(recorder: Recorder, base_url: str) -> None:
    """The official SDK of somebody else, with our transport under it."""
    import httpx2
    import openai

    client = openai.OpenAI(
        api_key=KEY,
        base_url=base_url,
        http_client=httpx2.Client(transport=recorder.transport()),  # type: ignore[arg-type]
    )
    for number in itertools.count():
        reply = client.chat.completions.create(**payload(number))  # type: ignore[call-overload]
        for _ in reply if number % 2 == 0 else ():
            pass


def settling(recorder: Recorder, base_url: str) -> None:
    """Two of three calls lose their cost on the way, and are asked for in the background."""
    http = httpx.Client(
        base_url=base_url,
        transport=recorder.transport(),
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=30,
    )
    faults = itertools.cycle(
        ({"X-Simulate-Fault": "cut_stream"}, {"X-Simulate-Fault": "no_usage"}, {})
    )
    for number, fault in enumerate(faults):
        with contextlib.suppress(httpx.RemoteProtocolError):
            http.post("/chat/completions", json=payload(number), headers=fault)


MANNERS: dict[str, Callable[[Recorder, str], None]] = {
    "run": in_one_run,
    "threads": in_threads,
    "tasks": in_tasks,
    "forks": in_forks,
    "openai": through_openai,
    "settling": settling,
}

if __name__ == "__main__":
    _, manner, home, url = sys.argv
    settler = Settler(KEY, first_wait_seconds=0.05) if manner == "settling" else None
    MANNERS[manner](Recorder(home, base_url=url, settler=settler), url)
