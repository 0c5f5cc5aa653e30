"""Random histories: every way in which what lands later can change what landed before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ingest.lake import Lake
from ingest.records import ExchangeRate, ProviderBalance, ProviderGeneration, Record
from ingest.settings import Home
from tests.warehouse.rows import (
    NOON,
    acceptance,
    activity,
    attempt,
    ebook,
    finished_run,
    price,
    rejection,
    settlement,
)

MODELS = ("a/b", "a/b-20260101", "c/d", "C/D:free", "e/f-mini", "e/mini-f-20260301")
BATCH_ITEMS = (
    '[{"item_number": 1, "custom_id": "a", "input_tokens": 70, "output_tokens": 1},'
    ' {"item_number": 2, "custom_id": "b", "input_tokens": 30, "output_tokens": 29}]'
)


@dataclass(frozen=True)
class Landing:
    """Rows that reach a table of the lake together."""

    table_name: str
    records: tuple[Record, ...]


def land(home: Home, landings: list[Landing], first_number: int) -> None:
    """Each landing a file of its own, an hour after the one before."""
    for number, landing in enumerate(landings, first_number):
        landed_at = NOON + timedelta(days=2, hours=number)
        Lake(home.lake).land(landing.table_name, f"file-{number}", landing.records, landed_at)


def random_history(random: Random, operation_count: int = 40) -> list[Landing]:
    """Landings of some weeks, in no order that anything could rely on."""
    landings = [
        landing
        for number in range(operation_count)
        for landing in _operation(random, f"op-{number}")
    ]
    landings += _what_belongs_to_no_call(random)
    random.shuffle(landings)
    return _grouped(random, landings)


def _operation(random: Random, operation_id: str) -> Iterator[Landing]:
    book = random.choice(["forest", "river", None, None])
    shared = random.choice([None, None, '["forest", "river"]', '["brook", "forest", "meadow"]'])
    known: dict[str, Any] = {
        "operation_id": operation_id,
        "ebook_id": book,
        "ebook_ids": None if book else shared,
        "labels": random.choice([None, '{"series": "Woods"}', '{"series": "Seas"}']),
        "run_id": f"run-{book}" if book else None,
        "stage": random.choice(["line_art", "cover", None]),
        "page_number": random.choice([1, 2, None]),
        "requested_model": random.choice(MODELS),
        "api_key_hash": random.choice(["key-1", "key-2", None]),
        "provider_name": random.choice(["One", "Two", None]),
    }
    for attempt_number in range(1, random.choice([2, 2, 3])):
        yield from _attempt(random, f"{operation_id}-{attempt_number}", attempt_number, known)
    for verdict in random.choices([acceptance, rejection], k=random.choice([0, 1, 1, 2])):
        decided_at = NOON + timedelta(minutes=random.randrange(10_000))
        yield Landing("outcomes", (verdict(operation_id, decided_at),))


def _attempt(
    random: Random, event_id: str, attempt_number: int, known: dict[str, Any]
) -> Iterator[Landing]:
    generation_id = random.choice([f"gen-{event_id}", f"gen-{event_id}", None])
    started_at = NOON + timedelta(minutes=random.randrange(-20_000, 20_000))
    start = attempt(
        event_id, **known, attempt_number=attempt_number, status="in_doubt", started_at=started_at
    )
    end = start.model_copy(
        update={
            "status": random.choice(["succeeded", "succeeded", "failed", "cancelled"]),
            "http_status": random.choice([200, 429, None]),
            "generation_id": generation_id,
            "served_model": random.choice([*MODELS, None]),
            "input_tokens": random.choice([None, 100, 7_000]),
            "output_tokens": random.choice([None, 30, 1_300]),
            "reported_cost_usd": random.choice([None, _usd(random)]),
            "is_byok": random.choice([None, False, True]),
            "upstream_cost_usd": random.choice([None, _usd(random)]),
        }
    )
    told = random.choice([[start], [end], [start, end], [start, end], [end, end]])
    for event in told:
        yield Landing("usage_events", (event,))
    for _ in range(random.choice([0, 0, 1, 2])):
        # A second import has other rules, and so another book.
        yield Landing("usage_events", (_exported(random, end, generation_id),))
    if generation_id and random.random() < 0.2:
        yield _analysed(random, generation_id, started_at, end.requested_model)
    if random.random() < 0.4:
        matched = generation_id is None
        yield Landing(
            "settlements",
            (
                settlement(
                    generation_id or f"gen-found-{event_id}",
                    random.choice([None, str(_usd(random))]),
                    event_id=event_id if matched else None,
                    served_model=random.choice([*MODELS, None]),
                    items_json=random.choice([None, BATCH_ITEMS]),
                    observed_at=NOON + timedelta(minutes=random.randrange(20_000)),
                ),
            ),
        )


def _exported(random: Random, end: Any, generation_id: str | None) -> Record:
    """What an export says of the call, under an id of its own."""
    # An export dates a call a little later, and that may be on another day.
    started_at = end.started_at + timedelta(minutes=60)
    return attempt(
        f"exported-{end.event_id}",
        source="activity_export",
        generation_id=generation_id,
        served_model=random.choice(MODELS),
        started_at=started_at,
        ebook_id=random.choice([None, "meadow"]),
        reported_cost_usd=_usd(random),
    )


def _what_belongs_to_no_call(random: Random) -> Iterator[Landing]:
    for book in ("forest", "river", "meadow", "brook", "planned"):
        for _ in range(random.choice([0, 1, 2, 3])):
            yield Landing("ebooks", (_described(random, book),))
        for _ in range(random.choice([0, 1, 2])):
            yield Landing("control_totals", (_ended(random, book),))
    for _ in range(random.choice([0, 6])):
        yield Landing("exchange_rates", (_rate(random),))
    for day in range(-10, 10):
        model, day_utc = random.choice(MODELS), (NOON + timedelta(days=day)).date()
        yield Landing("provider_activity", (activity(day_utc, model, "0.25", 2),))
        yield from _told_by_the_provider(random, NOON + timedelta(days=day), model)
    for _ in range(8):
        yield Landing("model_prices", (_price(random),))


def _described(random: Random, book: str) -> Record:
    """An ebook may turn out to be of another kind, series, length or price."""
    return ebook(
        book,
        title=random.choice(["First title", "Last title"]),
        kind=random.choice([None, "coloring_book", "novel"]),
        series=random.choice([None, "Woods", "Seas"]),
        page_count=random.choice([None, 1, 2, 24]),
        list_price_usd=random.choice([None, Decimal("7.99")]),
        recorded_at=_some_time(random),
    )


def _ended(random: Random, book: str) -> Record:
    """The end of a run; told again, it may be that of another ebook."""
    return finished_run(
        random.choice([f"run-{book}", "run-forest"]),
        random.randrange(9),
        "0.1",
        ebook_id=random.choice([book, book, None]),
        finished_at=_some_time(random),
    )


def _rate(random: Random) -> Record:
    """A rate of a day may be told again, and there may be a currency that was never told of."""
    return ExchangeRate(
        rate_date=_some_time(random).date(),
        base_currency="EUR",
        currency=random.choice(["USD", "USD", "GBP", "CHF"]),
        rate=Decimal(random.randrange(50, 150)) / 100,
    )


def _some_time(random: Random) -> datetime:
    """Within the weeks of the history, to the second: none is told twice."""
    return NOON + timedelta(seconds=random.randrange(-1_200_000, 1_200_000))


def _price(random: Random) -> Record:
    """As OpenRouter lists it, as a provider sells it, or as others knew it."""
    model, slug = random.sample(MODELS, k=2)
    source = random.choice(["models", "models", "endpoints", "genai_prices"])
    return price(
        model,
        random.choice(["0.000003", "0.00001"]),
        observed_at=NOON + timedelta(minutes=random.randrange(-20_000, 20_000)),
        source=source,
        canonical_slug=slug if source == "models" else None,
        provider_name=random.choice(["One", "Two"]) if source == "endpoints" else None,
        pricing_json=random.choice(
            ["{}", '{"overrides": [{"min_prompt_tokens": 200, "prompt": "0.00002"}]}']
        ),
    )


def _told_by_the_provider(random: Random, noon: datetime, model: str) -> Iterator[Landing]:
    """Now and then a generation of that day that is unknown here, and the balance of a key."""
    if random.random() < 0.2:
        yield _analysed(random, f"gen-elsewhere-{random.randrange(10)}", noon, model)
    if random.random() < 0.3:
        key_hash = random.choice([None, "key-1"])
        balance = ProviderBalance(api_key_hash=key_hash, usage_usd=_usd(random), observed_at=noon)
        yield Landing("provider_balances", (balance,))


def _analysed(
    random: Random, generation_id: str, called_at: datetime, model: str | None
) -> Landing:
    """What analytics say of a generation; they may date it a day off the call, or weeks."""
    generation = ProviderGeneration(
        generation_id=generation_id,
        billed_date=(called_at + timedelta(days=random.choice([-1, 0, 0, 1, 20]))).date(),
        model=model,
        cost_usd=random.choice([None, _usd(random)]),
        observed_at=called_at,
    )
    return Landing("provider_generations", (generation,))


def _grouped(random: Random, landings: list[Landing]) -> list[Landing]:
    """Neighbours of the same table land in one file now and then, as they do."""
    grouped: list[Landing] = []
    for landing in landings:
        last = grouped[-1] if grouped else None
        if last and last.table_name == landing.table_name and random.random() < 0.7:
            grouped[-1] = Landing(last.table_name, last.records + landing.records)
        else:
            grouped.append(landing)
    return grouped


def _usd(random: Random) -> Decimal:
    return Decimal(random.randrange(0, 10**10)) / 10**12


def spread(random: Random, landings: list[Landing], build_count: int) -> list[list[Landing]]:
    """Cut the landings, in their order, into as many parts of any size."""
    cuts = sorted(random.sample(range(1, len(landings)), k=build_count - 1))
    return [landings[a:b] for a, b in zip([0, *cuts], [*cuts, len(landings)], strict=True)]
