"""A publisher's simulated year: books of three kinds, made in working hours with several models.

Seeded, so that what the questions answer about it can be stated. Nothing in it knows how they
answer: retries, rejections, holidays, a price cut, growth and slow weeks are drawn from the shapes
below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from ingest.lake import Lake
from ingest.records import Outcome, Record, UsageEvent
from ingest.settings import Home
from tests.warehouse.rows import attempt, ebook

FIRST_DAY = date(2025, 1, 6)
DAY_COUNT = 364
PRICE_CUT = date(2025, 7, 1)
HOLIDAYS = {FIRST_DAY + timedelta(days=number) for number in (102, 103, 115, 144, 350, 351, 352)}


@dataclass(frozen=True)
class Stage:
    """What a stage of a kind is made with: USD per call, log-normal, and how often it is redone."""

    name: str
    model: str
    usd: float
    spread: float
    is_per_page: bool
    rejection_rate: float = 0.0


KINDS = {
    "coloring_book": (
        Stage("outline", "anthropic/claude-sonnet-4.6", 0.012, 0.3, is_per_page=False),
        Stage("prompts", "google/gemini-2.5-flash", 0.0006, 0.4, is_per_page=True),
        Stage("line_art", "google/gemini-2.5-flash-image", 0.039, 0.02, is_per_page=True,
              rejection_rate=0.25),
        Stage("cover", "black-forest-labs/flux.2-pro", 0.03, 0.05, is_per_page=False,
              rejection_rate=0.3),
    ),
    "picture_book": (
        Stage("outline", "anthropic/claude-sonnet-4.6", 0.03, 0.4, is_per_page=False),
        Stage("drawings", "black-forest-labs/flux.2-pro", 0.045, 0.15, is_per_page=True,
              rejection_rate=0.35),
    ),
    "guide": (
        Stage("outline", "openai/gpt-5-mini", 0.01, 0.4, is_per_page=False),
        Stage("text", "anthropic/claude-sonnet-4.6", 0.021, 0.5, is_per_page=True,
              rejection_rate=0.1),
    ),
}  # fmt: skip
BOOKS_PER_DAY = {"coloring_book": 1.1, "picture_book": 0.5, "guide": 0.7}


@dataclass
class Year:
    """The rows of every table, and the hours in which something was planted."""

    rows: dict[str, list[Record]] = field(default_factory=dict)
    planted: set[tuple[str, str, datetime]] = field(default_factory=set)
    """Kind, model and UTC hour."""

    def add(self, table_name: str, row: Record) -> None:
        self.rows.setdefault(table_name, []).append(row)

    def land(self, home: Home) -> None:
        landed_at = datetime(2026, 1, 6, tzinfo=UTC)
        for table_name, rows in self.rows.items():
            Lake(home.lake).land(table_name, "year", rows, landed_at)


def simulate_year(seed: int, *, planted_count: int = 0) -> Year:
    """A year in which nothing is odd, but for `planted_count` hours that cost four to ten times."""
    random = Random(seed)
    year = Year()
    for number in range(DAY_COUNT):
        day = FIRST_DAY + timedelta(days=number)
        for kind in KINDS:
            for book_number in range(_book_count(random, kind, day, number)):
                _make_book(year, random, kind, f"{kind}-{day:%m%d}-{book_number}", day)
    _plant(year, random, planted_count)
    return year


def _book_count(random: Random, kind: str, day: date, number: int) -> int:
    if day.weekday() >= 5 or day in HOLIDAYS:
        return 0
    busy = BOOKS_PER_DAY[kind] * (0.8 + 0.6 * number / DAY_COUNT)
    # As often as chance has it, three a day at most.
    return sum(random.random() < busy / 3 for _ in range(3))


def _make_book(year: Year, random: Random, kind: str, ebook_id: str, day: date) -> None:
    pages = random.randrange(16, 61, 4)
    year.add("ebooks", ebook(ebook_id, kind=kind, page_count=pages,
                             list_price_usd=random.choice([None, Decimal("7.99")])))  # fmt: skip
    # Some books are easy to draw and some are not.
    difficulty = random.lognormvariate(0, 0.25)
    started_at = datetime(day.year, day.month, day.day, random.randrange(8, 15), tzinfo=UTC)
    started_at += timedelta(seconds=random.randrange(3600))
    for stage in KINDS[kind]:
        for page in range(1, pages + 1) if stage.is_per_page else (None,):
            for event in _calls(random, ebook_id, stage, page, difficulty, started_at):
                year.add("usage_events", event[0])
                if event[1] is not None:
                    year.add("outcomes", event[1])
                started_at = event[0].started_at + timedelta(seconds=random.randrange(20, 60))


def _calls(
    random: Random,
    ebook_id: str,
    stage: Stage,
    page: int | None,
    difficulty: float,
    started_at: datetime,
) -> Iterator[tuple[UsageEvent, Outcome | None]]:
    cut = 0.85 if started_at.date() >= PRICE_CUT else 1.0
    for draft in range(1, 5):
        name = f"{ebook_id}-{stage.name}-{page}-{draft}"
        is_last = draft == 4 or random.random() >= stage.rejection_rate * difficulty
        for number in (1, 2) if random.random() < 0.03 else (2,):
            failed = number == 1
            cost = 0.0 if failed else stage.usd * cut * random.lognormvariate(0, stage.spread)
            event = attempt(
                f"{name}-{number}",
                operation_id=name,
                attempt_number=number,
                ebook_id=ebook_id,
                stage=stage.name,
                page_number=page,
                generation_id=None if failed else f"gen-{name}",
                requested_model=stage.model,
                status="failed" if failed else "succeeded",
                http_status=503 if failed else 200,
                reported_cost_usd=Decimal(f"{cost:.12f}"),
                input_tokens=1000,
                output_tokens=500,
                started_at=started_at + timedelta(seconds=draft * 10 + number),
            )
            yield event, None if failed else _verdict(name, event, accepted=is_last)
        if is_last:
            return


def _verdict(operation_id: str, event: UsageEvent, *, accepted: bool) -> Outcome:
    return Outcome(
        outcome_id=f"outcome-{operation_id}",
        operation_id=operation_id,
        outcome="accepted" if accepted else "rejected",
        decided_at=event.started_at,
    )


def _plant(year: Year, random: Random, count: int) -> None:
    """In some hours of the second half every call of one book's main stage costs a multiple."""
    events = [row for row in year.rows["usage_events"] if isinstance(row, UsageEvent)]
    half = datetime(2025, 7, 7, tzinfo=UTC)
    dear = [
        event for event in events
        if event.started_at >= half and event.page_number is not None
        and event.stage in ("line_art", "drawings", "text") and event.status == "succeeded"
    ]  # fmt: skip
    factors: dict[tuple[str, str, datetime], Decimal] = {}
    while len(factors) < count:
        event = random.choice(dear)
        hour = event.started_at.replace(minute=0, second=0, microsecond=0)
        kind = str(event.ebook_id).split("-")[0]
        factors[(kind, str(event.requested_model), hour)] = Decimal(random.randrange(4, 11))
    year.planted = {*factors}
    year.rows["usage_events"] = [_dearer(event, factors) for event in events]


def _dearer(event: UsageEvent, factors: dict[tuple[str, str, datetime], Decimal]) -> UsageEvent:
    hour = event.started_at.replace(minute=0, second=0, microsecond=0)
    key = (str(event.ebook_id).split("-")[0], str(event.requested_model), hour)
    factor = factors.get(key)
    if factor is None or event.reported_cost_usd is None:
        return event
    return event.model_copy(update={"reported_cost_usd": event.reported_cost_usd * factor})
