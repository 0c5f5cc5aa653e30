"""Which colouring books the demo makes; the same seed makes the same list."""

import random
import re
from dataclasses import dataclass
from decimal import Decimal

_TITLES = (
    ("Forest Animals", "Little Naturalist"),
    ("Under the Sea", "Little Naturalist"),
    ("Birds of the Garden", "Little Naturalist"),
    ("Dinosaur Days", "Big Adventures"),
    ("Rockets and Planets", "Big Adventures"),
    ("Pirates at Noon", "Big Adventures"),
    ("Castles and Dragons", "Big Adventures"),
    ("Mandala Garden", "Quiet Hours"),
    ("Winter Village", "Quiet Hours"),
    ("Art Nouveau Flowers", "Quiet Hours"),
    ("Trains Around the World", "Things That Go"),
    ("Busy Building Site", "Things That Go"),
)


@dataclass(frozen=True)
class Book:
    """One colouring book to be made. `list_price_usd` in USD, `royalty_rate` a share of it."""

    ebook_id: str
    title: str
    series: str
    page_count: int
    list_price_usd: Decimal
    royalty_rate: Decimal


def choose_books(count: int, seed: int) -> list[Book]:
    """`count` books of 6 to 14 pages each; beyond the twelve titles, further volumes."""
    return [_book(number, seed) for number in range(count)]


def _book(number: int, seed: int) -> Book:
    volume, position = divmod(number, len(_TITLES))
    title, series = _TITLES[position]
    title = f"{title}, Volume {volume + 1}" if volume else title
    chance = random.Random(f"{seed}:{title}")  # noqa: S311 - a list of demo books, not a secret
    return Book(
        ebook_id=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
        title=title,
        series=series,
        page_count=chance.randint(6, 14),
        list_price_usd=chance.choice((Decimal("5.99"), Decimal("6.99"), Decimal("8.99"))),
        royalty_rate=Decimal("0.6"),
    )
