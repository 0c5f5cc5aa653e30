"""The producing half of the demo: a simulated OpenRouter, several books at once, its true bill."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from ingest.demo.books import Book
from ingest.demo.producer import ColoringBookStudio
from ingest.errors import UsageError
from ingest.lake import Lake
from ingest.openrouter.async_client import AsyncOpenRouter
from ingest.pull.provider import provider_client
from ingest.pull.settlements import pull_settlements
from ingest.recording.recorder import Recorder
from ingest.seal import seal
from ingest.settings import Home

API_KEY = "sk-or-v1-demo"
OWN_PROVIDER_KEY = "sk-or-v1-demo-byok"
"""Quality checks run on the publisher's own provider account (BYOK)."""
BOOKS_AT_ONCE = 6
TIMEOUT = httpx.Timeout(10, read=3)
"""Short, since the simulated models answer at once: a stalled answer is given up."""


async def produce_books(
    home: Home, books: Sequence[Book], base_url: str, report: Callable[[int, int], None]
) -> None:
    """Make the books through the real client; `report` is told the pages done, and of how many."""
    page_count = sum(book.page_count for book in books)
    done = 0

    def page_done() -> None:
        nonlocal done
        done += 1
        report(done, page_count)

    places = asyncio.Semaphore(BOOKS_AT_ONCE)

    async def make(studio: ColoringBookStudio, book: Book) -> None:
        async with places:
            await studio.produce(book)

    report(0, page_count)
    with Recorder(home.root, base_url=base_url) as recorder:
        options: dict[str, Any] = {"base_url": base_url, "recorder": recorder, "timeout": TIMEOUT}
        async with (
            AsyncOpenRouter(API_KEY, **options) as client,
            AsyncOpenRouter(OWN_PROVIDER_KEY, **options) as checker,
        ):
            await _try_the_key(client)
            studio = ColoringBookStudio(client, checker, page_done)
            for series in sorted({book.series for book in books}):
                await studio.draw_style_sheet(series)
            await asyncio.gather(*(make(studio, book) for book in books))


async def _try_the_key(client: AsyncOpenRouter) -> None:
    # Made for no book, as developers' first calls are: it shows up as unattributed.
    question = [{"role": "user", "content": "Say yes if you can read this."}]
    await client.chat(model="openai/gpt-5-nano", messages=question, max_tokens=16)


def settle(home: Home, base_url: str, report: Callable[[int, int], None]) -> None:
    """Learn what the attempts cost whose replies did not say so; each key knows its own."""
    for key in (API_KEY, OWN_PROVIDER_KEY):
        with provider_client(base_url, key) as client:
            pull_settlements(Lake(home.lake), client, progress=report)


def begin_afresh(home: Home) -> None:
    """Remove what an earlier demo left. Raises `UsageError` where there is anything else."""
    # Sealed first: what is in the spool counts, and is kept, like what is in the lake.
    is_recording = seal(home).open_count > 0
    if is_recording or not _holds_only_a_demo(home):
        raise UsageError(
            f"{home.root} holds data that are not a demo's, and the demo would mix with them: "
            "set INKLEDGER_HOME to another folder for it."
        )
    for folder in (home.spool, home.lake, home.build, home.demo):
        shutil.rmtree(folder, ignore_errors=True)
    # Marks the folder as a demo's from the start: an interrupted demo can be run again.
    home.demo.mkdir(parents=True)


def _holds_only_a_demo(home: Home) -> bool:
    if not home.lake.exists():
        return True
    keys = set(Lake(home.lake).scan("usage_events").collect()["api_key_hash"])
    ours = {hashlib.sha256(key.encode()).hexdigest() for key in (API_KEY, OWN_PROVIDER_KEY)}
    # A demo neither imports nor pulls these; an observed price cannot be observed again.
    others = ("provider_activity", "model_prices", "quarantine")
    is_mixed = any((home.lake / table).exists() for table in others)
    return home.demo.exists() and keys <= ours and not is_mixed


def write_bill(home: Home, bill: dict[str, Any]) -> None:
    """Leave the simulator's true bill at `demo/bill.json`."""
    (home.demo / "bill.json").write_text(json.dumps(bill, indent=1) + "\n")
