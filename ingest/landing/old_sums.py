"""What the lake has of one old back office, and whether its sums are those of the source."""

from collections.abc import Mapping
from dataclasses import dataclass
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


def compare(source: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """One row for each name of either side: `source_…`, `ledger_…`, `is_equal`."""
    both = source.join(
        ledger, on="name", how="full", suffix="_here", nulls_equal=True, coalesce=True
    ).select(
        "name",
        pl.col("row_count").fill_null(0).alias("source_row_count"),
        pl.col("row_count_here").fill_null(0).alias("ledger_row_count"),
        pl.col("cost_usd").alias("source_usd"),
        pl.col("cost_usd_here").alias("ledger_usd"),
    )
    is_equal = pl.col("source_row_count").eq(pl.col("ledger_row_count")) & pl.col(
        "source_usd"
    ).eq_missing(pl.col("ledger_usd"))
    return both.with_columns(is_equal=is_equal).sort("name", nulls_last=True)


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
