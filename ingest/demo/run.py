"""The producing half of the demo: a simulated OpenRouter, several books at once, its true bill."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from ingest.clock import utc_now
from ingest.demo.books import Book
from ingest.demo.producer import ColoringBookStudio
from ingest.errors import UsageError
from ingest.lake import Lake, sources
from ingest.openrouter.async_client import AsyncOpenRouter
from ingest.pull.activity import pull_activity
from ingest.pull.balances import pull_account
from ingest.pull.generations import pull_generations
from ingest.pull.prices import pull_prices
from ingest.pull.provider import provider_client
from ingest.pull.settlements import pull_settlements
from ingest.recording.recorder import Recorder
from ingest.seal import seal
from ingest.settings import Home

API_KEY = "sk-or-v1-demo"
OWN_PROVIDER_KEY = "sk-or-v1-demo-byok"
"""Quality checks run on the publisher's own provider account (BYOK)."""
MANAGEMENT_KEY = "sk-or-v1-demo-management"
DAYS_AGO = (5, 3, 1)
"""When the books are made: a third of them on each of these days."""
EVENING = 0.5
"""So many days after the books the account is looked at, when no call is in flight."""
BOOKS_AT_ONCE = 6
TIMEOUT = httpx.Timeout(10, read=3)
"""Short, since the simulated models answer at once: a stalled answer is given up."""


class DemoClock:
    """The time in the demo: the present, less so many days."""

    def __init__(self) -> None:
        self.days_ago = 0.0

    def __call__(self) -> datetime:
        """The demo's present instant, in UTC."""
        return utc_now() - timedelta(days=self.days_ago)


class _DemoLake(Lake):
    """A lake that remembers what the demo pulled into it, so that it may be removed again."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.lake)
        self._pulled = home.demo / "pulled"

    def land_rows(
        self,
        table_name: str,
        file_name: str,
        rows: Any,
        landed_at: datetime,
    ) -> Path | None:
        """As `Lake` does; remembered first, so that a demo that was killed is known as one."""
        with self._pulled.open("a") as pulled:
            pulled.write(f"{file_name}\n")
        return super().land_rows(table_name, file_name, rows, landed_at)


def produce_history(
    home: Home,
    books: Sequence[Book],
    base_url: str,
    clock: DemoClock,
    report: Callable[[int, int], None],
) -> None:
    """Make the books on three days that are over, as the provider tells only of such.

    Each begins with a look at the prices and ends with one at the account, as a publisher's would.
    `report` is told the pages done, and of how many.
    """
    done, page_count = 0, sum(book.page_count for book in books)

    def page_done() -> None:
        nonlocal done
        done += 1
        report(done, page_count)

    report(0, page_count)
    known_series: set[str] = set()
    for days_ago, todays in zip(DAYS_AGO, _shared_out(books), strict=True):
        clock.days_ago = days_ago
        _pull(home, base_url, clock, pull_prices, API_KEY)
        series = {book.series for book in todays} - known_series
        asyncio.run(
            _produce(
                home, todays, sorted(series), base_url, clock, page_done,
                is_first_day=not known_series,
            )
        )  # fmt: skip
        known_series |= series
        seal(home)
        clock.days_ago -= EVENING
        _pull(home, base_url, clock, pull_account, MANAGEMENT_KEY)
    clock.days_ago = 0


def pull_records(home: Home, base_url: str, clock: DemoClock) -> None:
    """Ask the simulator for its own records of the days, as `inkledger pull` does."""
    _pull(home, base_url, clock, pull_prices, API_KEY)
    for pull in (pull_activity, pull_generations, pull_account):
        _pull(home, base_url, clock, pull, MANAGEMENT_KEY)


def _shared_out(books: Sequence[Book]) -> list[Sequence[Book]]:
    """The books of each day: as many on one as on the other, the first days one more."""
    size = -(-len(books) // len(DAYS_AGO))
    return [books[size * number : size * (number + 1)] for number in range(len(DAYS_AGO))]


def _pull(
    home: Home, base_url: str, clock: DemoClock, pull: Callable[..., object], key: str
) -> None:
    with provider_client(base_url, key) as client:
        pull(_DemoLake(home), client, clock=clock)


async def _produce(
    home: Home,
    books: Sequence[Book],
    series: Sequence[str],
    base_url: str,
    clock: DemoClock,
    page_done: Callable[[], None],
    *,
    is_first_day: bool,
) -> None:
    """Make books at once through the real client, and first what each series is drawn after."""
    places = asyncio.Semaphore(BOOKS_AT_ONCE)

    async def make(studio: ColoringBookStudio, book: Book) -> None:
        async with places:
            await studio.produce(book)

    with Recorder(home.root, base_url=base_url, clock=clock) as recorder:
        options: dict[str, Any] = {"base_url": base_url, "recorder": recorder, "timeout": TIMEOUT}
        async with (
            AsyncOpenRouter(API_KEY, **options) as client,
            AsyncOpenRouter(OWN_PROVIDER_KEY, **options) as checker,
        ):
            if is_first_day:
                await _try_the_key(client)
            studio = ColoringBookStudio(client, checker, page_done)
            for name in series:
                await studio.draw_style_sheet(name)
            await asyncio.gather(*(make(studio, book) for book in books))


async def _try_the_key(client: AsyncOpenRouter) -> None:
    # Made for no book, as developers' first calls are: it shows up as unattributed.
    question = [{"role": "user", "content": "Say yes if you can read this."}]
    await client.chat(model="openai/gpt-5-nano", messages=question, max_tokens=16)


def settle(home: Home, base_url: str, clock: DemoClock, report: Callable[[int, int], None]) -> None:
    """Learn what the attempts cost whose replies did not say so; each key knows its own."""
    for key in (API_KEY, OWN_PROVIDER_KEY):
        with provider_client(base_url, key) as client:
            pull_settlements(Lake(home.lake), client, clock=clock, progress=report)


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
    return home.demo.exists() and keys <= ours and _told_of_others(home) <= _pulled(home)


def _told_of_others(home: Home) -> set[str]:
    """The names of the files that do not say whose they are; what they tell is not told again."""
    tables = ("provider_activity", "provider_balances", "model_prices", "quarantine")
    files = [file for table in tables for file in (home.lake / table).rglob("*.parquet")]
    return {name for file in files for name in sources(file)}


def _pulled(home: Home) -> set[str]:
    pulled = home.demo / "pulled"
    return set(pulled.read_text().split()) if pulled.exists() else set()


def write_bill(home: Home, bill: dict[str, Any]) -> None:
    """Leave the simulator's true bill at `demo/bill.json`."""
    (home.demo / "bill.json").write_text(json.dumps(bill, indent=1) + "\n")
