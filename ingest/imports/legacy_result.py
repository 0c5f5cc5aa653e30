"""What an import of the old back office did, in numbers and in sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from ingest.landing.old_sums import ComparedSum, Comparison
from ingest.money import format_usd

_ABSENT: Mapping[str, int] = {}
_KEYS = {"requests": "run_id", "ebooks": "ebook_id"}


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """What became of one table's rows. The six counts add up to them."""

    name: str
    landed_count: int = 0
    """Rows that are new to the lake."""
    changed_count: int = 0
    """Known rows that landed again, because their database tells them otherwise now."""
    moved_count: int = 0
    """Known rows that landed again, because they are for another ebook or run now."""
    known_count: int = 0
    """Rows that the lake had already; nothing was done."""
    quarantined_count: int = 0
    """Rows that cannot be read, kept in `quarantine` with their reason."""
    recorded_count: int = 0
    """Rows left out, because the recorder has seen those calls."""

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        calls = "1 call" if self.landed_count == 1 else f"{self.landed_count:,} calls"
        parts = [f"{calls} imported" if self.landed_count else "nothing new"]
        for count, what in (
            (self.known_count, "imported before"),
            (self.changed_count, "changed in the database"),
            (self.moved_count, "attributed anew"),
            (self.recorded_count, "left out, for the recorder has them"),
            (self.quarantined_count, "unreadable, set aside in quarantine"),
        ):
            parts += [f"{count:,} {what}"] if count else []
        return f"{self.name}: {', '.join(parts)}."


@dataclass(frozen=True, slots=True)
class LegacyResult:
    """What became of both tables, and how the sums of both sides compare."""

    name: str
    tables: tuple[LegacyTable, ...]
    comparisons: Mapping[str, Comparison]
    """`requests` and `ebooks`, under the names that they have here; none of a rehearsal."""
    missing: Mapping[tuple[str, str | None], Mapping[str, int]]

    @property
    def is_equal(self) -> bool | None:
        """Whether every request and every ebook costs here what it costs there."""
        if not self.comparisons:
            return None
        return not any(comparison.differing() for comparison in self.comparisons.values())

    @property
    def verdict(self) -> str:
        """One sentence: that the sums are equal, or in how many names they are not."""
        total = self.comparisons["requests"].total()
        names = " and ".join(
            f"{len(rows):,} {what if len(rows) != 1 else what.removesuffix('s')}"
            for what, rows in self.comparisons.items()
        )
        if self.is_equal:
            return f"Equal: {names} cost {_usd(total.source_usd)} there and here."
        differing = " and ".join(
            f"{len(rows.differing()):,} of {len(rows):,} {what}"
            for what, rows in self.comparisons.items()
        )
        return (
            f"Not equal: {differing} differ; {_usd(total.source_usd)} there, "
            f"{_usd(total.ledger_usd)} here."
        )

    def why(self, what: str, row: ComparedSum) -> str:
        """Why a sum differs, as far as the import knows."""
        missing = self.missing.get((what, row.name), _ABSENT)
        said = [
            f"{missing[count]:,} {words}"
            for count, words in (
                ("quarantined_count", "in quarantine"),
                ("recorded_count", "recorded here"),
            )
            if missing.get(count)
        ]
        surplus = row.ledger_row_count + sum(missing.values()) - row.source_row_count
        if surplus > 0:
            said.append(f"{surplus:,} imported before and not there now")
        return ", ".join(said)

    def as_json(self) -> dict[str, Any]:
        """The same for programs: USD as decimal strings, nobody's sums under null."""
        return {
            "back_office": self.name,
            "is_equal": self.is_equal,
            "tables": [asdict(table) for table in self.tables],
            **{
                what: list(self._compared(what, comparison))
                for what, comparison in self.comparisons.items()
            },
        }

    def _compared(self, what: str, comparison: Comparison) -> Iterator[dict[str, Any]]:
        for row in comparison:
            missing = self.missing.get((what, row.name), _ABSENT)
            yield {
                _KEYS[what]: row.name,
                **_both_sides(row),
                "quarantined_count": missing.get("quarantined_count", 0),
                "recorded_count": missing.get("recorded_count", 0),
                "is_equal": row.is_equal,
            }


def _both_sides(row: ComparedSum) -> dict[str, Any]:
    return {
        "source_row_count": row.source_row_count,
        "ledger_row_count": row.ledger_row_count,
        "source_usd": _exact(row.source_usd),
        "ledger_usd": _exact(row.ledger_usd),
    }


def _exact(amount: Decimal | None) -> str | None:
    return None if amount is None else format_usd(amount)


def _usd(amount: Decimal | None) -> str:
    return "an unknown sum" if amount is None else f"{format_usd(amount)} USD"
