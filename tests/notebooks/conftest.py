"""A publisher whose data are awkward: two models for a stage, open months, hostile names."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.lake import Lake
from ingest.records import ProviderActivity, ProviderBalance, ProviderGeneration, Record
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from tests.warehouse.rows import acceptance, attempt, ebook, finished_run, price, rejection

HOSTILE = "<img src=x onerror=\"document.title='run'\"> **$1 and $2** [a](javascript:alert(1))"
FIRST_DAY = date(2026, 3, 2)
LANDED_AT = datetime(2026, 6, 1, tzinfo=UTC)
PAGE_COUNT = 4
CHEAP, DEAR, TEXT = "a/cheap-draw", "b/dear-draw", "c/text"
DRAWINGS = {CHEAP: Decimal("0.02"), DEAR: Decimal("0.05")}
OUTLINE_USD = Decimal("0.001234567891")


def _at(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(minutes=minute)


def _call(name: str, day: date, minute: int, usd: Decimal | None, **fields: object) -> Record:
    known = {
        "operation_id": name,
        "generation_id": f"gen-{name}",
        "reported_cost_usd": usd,
        "started_at": _at(day, minute),
        "api_key_hash": "press",
        "input_tokens": 1000,
        "output_tokens": 100,
    }
    return attempt(name, **{**known, **fields})


def book(number: int) -> Iterator[tuple[str, Record]]:
    """A book of four pages, each drawn by one of two models; the cheap one is often rejected."""
    day = FIRST_DAY + timedelta(days=number)
    name, model = f"book-{number:02}", (CHEAP, DEAR)[number % 2]
    title = HOSTILE if number == 0 else f"Book {number}"
    fields = {"ebook_id": name, "run_id": f"run-{name}"}
    yield "ebooks", ebook(name, kind="coloring_book", title=title, page_count=PAGE_COUNT)
    outline = f"{name}-outline"
    yield "usage_events", _call(outline, day, 0, OUTLINE_USD, served_model=TEXT, stage="outline",
                                **fields)  # fmt: skip
    yield "outcomes", acceptance(outline, _at(day, 1))
    for page in range(1, PAGE_COUNT + 1):
        draft_count = 2 if model == CHEAP and (page + number) % 3 == 0 else 1
        for draft in range(1, draft_count + 1):
            drawn = f"{name}-{page}-{draft}"
            usd = DRAWINGS[model] + Decimal(number) / 1000
            yield "usage_events", _call(drawn, day, page * 3 + draft, usd, served_model=model,
                                        stage="line_art", page_number=page, **fields)  # fmt: skip
            said = acceptance if draft == draft_count else rejection
            yield "outcomes", said(drawn, _at(day, page * 3 + draft))


def _told(day: date, model: str, usd: Decimal, requests: int) -> ProviderActivity:
    return ProviderActivity(
        snapshot_id="pull", source="activity_api", activity_date=day, model=model, usage_usd=usd,
        request_count=requests, byok_usage_usd=Decimal(0),
    )  # fmt: skip


def _bill(rows: list[tuple[str, Record]]) -> Iterator[ProviderActivity]:
    """What OpenRouter says of March and April: in April one call more, and nothing of May."""
    sums: dict[tuple[date, str], list[Decimal]] = {}
    for table, row in rows:
        if table == "usage_events" and row.reported_cost_usd is not None:  # type: ignore[attr-defined]
            key = row.started_at.date(), row.served_model  # type: ignore[attr-defined]
            sums.setdefault(key, []).append(row.reported_cost_usd)  # type: ignore[attr-defined]
    for (day, model), costs in sums.items():
        if day.month in (3, 4):
            extra = [Decimal("0.5")] if day == date(2026, 4, 10) else []
            yield _told(day, model, sum(costs + extra, Decimal()), len(costs + extra))


def _rows() -> Iterator[tuple[str, Record]]:
    for number in range(24):
        yield from book(number)
    april, may = date(2026, 4, 10), date(2026, 5, 5)
    yield "usage_events", _call("april", april, 0, Decimal("1.000000000001"), served_model=TEXT)
    yield "usage_events", _call("died", date(2026, 4, 12), 0, None, served_model=TEXT,
                                status="in_doubt", generation_id=None)  # fmt: skip
    yield "usage_events", _call("april-end", date(2026, 4, 30), 0, Decimal("0.25"),
                                served_model="z/last")  # fmt: skip
    yield "usage_events", _call("may", may, 0, Decimal("0.75"), served_model=TEXT)
    run = finished_run("run-book-00", 99, "9.99").model_copy(update={"finished_at": _at(april, 9)})
    yield "control_totals", run
    yield "provider_generations", ProviderGeneration(
        generation_id="gen-nobody-knows", billed_date=april, model=TEXT, cost_usd=Decimal("0.5"),
        observed_at=LANDED_AT,
    )  # fmt: skip
    for day, used in ((date(2026, 4, 9), "10"), (date(2026, 4, 11), "11.600000000001")):
        yield "provider_balances", ProviderBalance(usage_usd=Decimal(used), observed_at=_at(day, 0))
    for model, usd in ((CHEAP, "0.00001"), (DEAR, "0.00003"), (TEXT, "0.000001")):
        yield "model_prices", price(model, usd, observed_at=_at(FIRST_DAY, -9999))


@pytest.fixture(scope="session")
def awkward_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """March is the bill, April is not, of May there is no record."""
    home = Home(tmp_path_factory.mktemp("awkward"))
    rows = list(_rows())
    rows += [("provider_activity", row) for row in _bill(rows)]
    tables: dict[str, list[Record]] = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    for table, records in tables.items():
        Lake(home.lake).land(table, "awkward", records, LANDED_AT)
    build_warehouse(home)
    return home.root


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that was built before anything was recorded."""
    home = Home(tmp_path_factory.mktemp("empty"))
    build_warehouse(home)
    return home.root
