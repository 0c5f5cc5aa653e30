"""What the lake has of one old back office, and whether its sums are those of the source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

import polars as pl

from ingest.lake import Lake
from ingest.landing.old_cells import read_cells
from ingest.landing.old_rows import MEASURES, renamed

_KEY, _SAID, _FOR = "key", "said", "for"
_USD = pl.Decimal(38, 12)


@dataclass(frozen=True, slots=True)
class Known:
    """The newest landing of each row, as numbers: there may be millions."""

    rows: pl.DataFrame

    @classmethod
    def of(cls, lake: Lake, labels: str) -> Self:
        """What `lake` has of the back office that is labelled so."""
        told = _landed(lake, labels).select(*_hashes(), "started_at", "landed_at").collect()
        return cls(told.sort("landed_at").unique(_KEY, keep="last").drop("landed_at"))

    def sorted_out(self, events: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """`new`, `changed` (said otherwise than before), `moved` (for another ebook or run),
        `known` and `foreign` (the row of that id was another one)."""
        read = events.with_columns(_hashes())
        met = read.join(self.rows, on=_KEY, how="left", suffix="_before", maintain_order="left")
        is_new = pl.col("started_at_before").is_null()
        is_same = pl.col(_SAID) == pl.col(f"{_SAID}_before")
        is_dated_so = pl.col("started_at") == pl.col("started_at_before")
        is_there = pl.col(_FOR) == pl.col(f"{_FOR}_before")
        conditions = {
            "new": is_new,
            "changed": ~is_new & (is_same.xor(is_dated_so)),
            "moved": ~is_new & is_same & is_dated_so & ~is_there,
            "known": ~is_new & is_same & is_dated_so & is_there,
            "foreign": ~is_new & ~is_same & ~is_dated_so,
        }
        return {
            name: met.filter(condition.fill_null(value=False)).select(events.columns)
            for name, condition in conditions.items()
        }


def has_other_names(lake: Lake, labels: str) -> bool:
    """Whether a row is here for another ebook or run than its back office says."""
    told = _landed(lake, labels).select("run_id", "ebook_id", "usage_json").collect()
    return not told.filter(
        ~_old_name("request_id").eq_missing(pl.col("run_id"))
        | ~_old_name("ebook_id").eq_missing(pl.col("ebook_id"))
    ).is_empty()


def sums_of_source(copied: bytes, names: Mapping[str, str]) -> pl.DataFrame:
    """`name`, `row_count`, `cost_usd` as the database added them up, under the names of here."""
    cells = read_cells(copied, ("name", "row_count", "cost_usd")).select(
        renamed("name", names),
        pl.col("row_count").cast(pl.Int64),
        pl.col("cost_usd").str.to_decimal(scale=12).cast(_USD),
    )
    return _added_up(cells)


def sums_of_lake(lake: Lake, labels: str, column: str) -> pl.DataFrame:
    """The same of what has landed, by `run_id` or `ebook_id`."""
    told = _landed(lake, labels).select(
        pl.col("event_id").hash().alias(_KEY), column, "reported_cost_usd", "landed_at"
    )
    newest = told.collect().sort("landed_at").unique(_KEY, keep="last")
    return _added_up(
        newest.select(
            pl.col(column).alias("name"),
            pl.lit(1, pl.Int64).alias("row_count"),
            pl.col("reported_cost_usd").cast(_USD).alias("cost_usd"),
        )
    )


@dataclass(frozen=True, slots=True)
class ComparedSum:
    """Rows and USD of one name on both sides; USD is null where no row tells any."""

    name: str | None
    source_row_count: int
    ledger_row_count: int
    source_usd: Decimal | None
    ledger_usd: Decimal | None

    @property
    def is_equal(self) -> bool:
        """Whether the ledger has what the source has, to the last digit."""
        return (self.source_row_count, self.source_usd) == (self.ledger_row_count, self.ledger_usd)


class Comparison:
    """The sums of both sides by one name, those of nobody last."""

    def __init__(self, source: pl.DataFrame, ledger: pl.DataFrame) -> None:
        self._rows = source.join(
            ledger, on="name", how="full", suffix="_here", nulls_equal=True, coalesce=True
        ).sort("name", nulls_last=True)

    def __len__(self) -> int:
        return self._rows.height

    def __iter__(self) -> Iterator[ComparedSum]:
        for row in self._rows.iter_rows(named=True):
            yield ComparedSum(
                row["name"],
                row["row_count"] or 0,
                row["row_count_here"] or 0,
                row["cost_usd"],
                row["cost_usd_here"],
            )

    def differing(self) -> list[ComparedSum]:
        """Those that are not equal; there are few, or something is wrong."""
        return [row for row in self if not row.is_equal]

    def total(self) -> ComparedSum:
        """All names together."""
        sums = self._rows.sum()
        counts = (sums["row_count"][0], sums["row_count_here"][0])
        told = ("cost_usd", "cost_usd_here")
        usd = (sums[name][0] if self._rows[name].count() else None for name in told)
        return ComparedSum(None, *counts, *usd)


def _added_up(rows: pl.DataFrame) -> pl.DataFrame:
    # A sum of nothing that is known is unknown.
    has_cost = pl.col("cost_usd").count() > 0
    return rows.group_by("name").agg(
        pl.col("row_count").sum(), pl.when(has_cost).then(pl.col("cost_usd").sum())
    )


def _landed(lake: Lake, labels: str) -> pl.LazyFrame:
    is_ours = (pl.col("source") == "legacy_database") & (pl.col("labels") == labels)
    return lake.scan("usage_events").filter(is_ours)


def _hashes() -> list[pl.Expr]:
    return [
        pl.col("event_id").hash().alias(_KEY),
        pl.struct(*MEASURES, pl.col("reported_cost_usd").cast(pl.String)).hash().alias(_SAID),
        pl.struct("run_id", "ebook_id").hash().alias(_FOR),
    ]


def _old_name(name: str) -> pl.Expr:
    text = pl.col("usage_json").str.json_path_match(f"$.{name}")
    return pl.when(text.str.strip_chars() != "").then(text)
