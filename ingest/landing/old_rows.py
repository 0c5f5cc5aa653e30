"""Rows of the old back office's tables, as PostgreSQL's COPY writes them, as rows of the lake.

Many at a time: they come by the million. A row that cannot be read is a row of `quarantine`.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from ingest.identifiers import RESERVED_EBOOKS, derived_id
from ingest.lake import columns
from ingest.landing.old_cells import IS_GARBLED, read_cells
from ingest.money import LARGEST_USD, USD_PLACES, round_usd
from ingest.records import SCHEMA_VERSION, TABLES

COUNTS = {
    "token_usages": {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"},
    "image_usages": {"input_images": "input_image_count", "output_images": "output_image_count"},
}
"""Table of the old back office → its counts, and what they are here."""
MEASURES = ("requested_model", *COUNTS["token_usages"].values(), *COUNTS["image_usages"].values())
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_PLACES = -int(USD_PLACES.as_tuple().exponent)
_USD = pl.Decimal(18, _PLACES)


@dataclass(frozen=True, slots=True)
class Origin:
    """Which back office it is, what its names are called here, and what is recorded here anyway."""

    name: str
    ebooks: Mapping[str, str]
    runs: Mapping[str, str]
    recorded: Mapping[str, datetime]
    """Request → when the recorder saw its first call."""

    @property
    def labels(self) -> str:
        """What every imported row is labelled with."""
        return json.dumps({"back_office": self.name}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class OldRows:
    """What became of the rows of one batch; together they are all of them."""

    events: pl.DataFrame
    """To land as they are, if they are not in the lake yet."""
    quarantined: pl.DataFrame
    recorded: pl.DataFrame
    """Left out, since the recorder has seen them; with the columns of `events`."""
    not_landing: pl.DataFrame
    """`run_id` and `ebook_id` of the quarantined."""


def column_names(table_name: str) -> tuple[str, ...]:
    """What is read of a table, in this order."""
    return ("id", "request_id", "model", *COUNTS[table_name], "cost", "created_at", "ebook_id")


class OldTable:
    """One table, read from its first row to its last, in the order of ids."""

    def __init__(self, name: str, origin: Origin) -> None:
        self.name = name
        self._origin = origin
        self._row_count = 0
        self._last_id: str | None = None
        self._quarantined = Counter[str]()

    def read(self, copied: bytes) -> OldRows:
        """The rows of the next lines."""
        cells = read_cells(copied, column_names(self.name))
        rows = (
            cells.with_row_index("line_number", self._row_count + 1)
            .with_columns(
                run_id=renamed("request_id", self._origin.runs),
                ebook=renamed("ebook_id", self._origin.ebooks),
            )
            .with_columns(reason=_reason(self.name, self._last_id))
        )
        self._row_count += rows.height
        self._last_id = rows["id"][-1] if rows.height else self._last_id
        good = rows.filter(pl.col("reason").is_null())
        bad = rows.filter(pl.col("reason").is_not_null())
        events = _events(self.name, good, self._origin)
        is_recorded = _is_recorded(good, events, self._origin)
        return OldRows(
            events.filter(~is_recorded),
            self._set_aside(bad),
            events.filter(is_recorded),
            bad.select("run_id", ebook_id="ebook"),
        )

    def _set_aside(self, rows: pl.DataFrame) -> pl.DataFrame:
        payloads = [
            json.dumps(row, ensure_ascii=False)
            for row in rows.select(column_names(self.name)).to_dicts()
        ]
        identifiers = []
        for payload in payloads:
            # By what the row says and which of its equals it is: it is set aside once.
            ordinal = str(self._quarantined[payload])
            self._quarantined[payload] += 1
            parts = (self._origin.name, self.name, payload, ordinal)
            identifiers.append(derived_id("legacy_database", *parts))
        return rows.select(
            pl.Series("quarantine_id", identifiers, pl.String()),
            pl.lit("usage_events").alias("table_name"),
            pl.lit(f"{self._origin.name}.{self.name}").alias("origin"),
            pl.col("line_number").cast(pl.Int64),
            "reason",
            pl.Series("payload", payloads, pl.String()),
            pl.lit(None, columns(TABLES["quarantine"])["landed_at"]).alias("landed_at"),
        )


def renamed(name: str, names: Mapping[str, str]) -> pl.Expr:
    """A column of old names as what they are called here: blank is nobody's, others stay."""
    text = pl.col(name)
    said = pl.when(text.str.strip_chars() != "").then(text)
    return said.replace(dict(names)) if names else said


def _reason(table_name: str, id_before: str | None) -> pl.Expr:
    """Why a row cannot be read, null if it can."""
    identifier = pl.col("id")
    is_repeated = ~identifier.is_first_distinct() | identifier.eq_missing(pl.lit(id_before))
    return pl.coalesce(
        _why(identifier.is_null(), "id", "is null, and without it nothing tells the row again"),
        _why(is_repeated, "id", "is that of a row before this one, too"),
        _why(pl.col(IS_GARBLED), None, "the row holds bytes that are not UTF-8"),
        *(
            _why(~pl.col(name).str.contains(r"^\d{1,15}$"), name, "is no count")
            for name in COUNTS[table_name]
        ),
        _why(pl.col("cost").str.starts_with("-"), "cost", "is negative"),
        _why(~pl.col("cost").str.contains(r"^\d+(\.\d+)?$"), "cost", "is no amount in USD"),
        _why(
            pl.col("cost").str.contains(r"^0*\d{7}")
            | (pl.col("cost").cast(pl.Float64, strict=False) >= LARGEST_USD),
            "cost",
            f"is not below {LARGEST_USD:,} USD",
        ),
        _why(pl.col("created_at").is_null(), "created_at", "is null, and a time is needed"),
        _why(
            ~_instant().dt.year().is_between(_FIRST_YEAR, _LAST_YEAR - 1).fill_null(value=False),
            "created_at",
            f"is not a time between {_FIRST_YEAR} and {_LAST_YEAR}",
        ),
        _reserved("ebook"),
    )


def _why(condition: pl.Expr, name: str | None, problem: str) -> pl.Expr:
    if name is None:
        said: pl.Expr = pl.lit(problem)
    else:
        shown = pl.concat_str(pl.lit("'"), pl.col(name).str.slice(0, 40), pl.lit("' "))
        said = pl.concat_str(pl.lit(f"{name}: "), pl.coalesce(shown, pl.lit("")), pl.lit(problem))
    return pl.when(condition).then(said)


def _reserved(name: str) -> pl.Expr:
    said = {
        ebook_id: f"ebook_id: {ebook_id!r} is {what}; map it to another name"
        for ebook_id, what in RESERVED_EBOOKS.items()
    }
    return pl.col(name).replace_strict(said, default=None, return_dtype=pl.String())


def _instant() -> pl.Expr:
    # The database writes one form of it; infinity and the years before Christ have another.
    text = pl.col("created_at")
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)


def _events(table_name: str, rows: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    event_ids = [
        derived_id("legacy_database", origin.name, table_name, row_id) for row_id in rows["id"]
    ]
    told = ("id", "request_id", "ebook_id", *COUNTS[table_name], "cost")
    schema = columns(TABLES["usage_events"])
    found = rows.select(
        pl.Series("event_id", event_ids, pl.String()),
        "run_id",
        pl.col("ebook").alias("ebook_id"),
        pl.when(pl.col("model").str.strip_chars() != "").then(pl.col("model")).alias(MEASURES[0]),
        *(pl.col(old).cast(pl.Int64).alias(new) for old, new in COUNTS[table_name].items()),
        _cost(rows).alias("reported_cost_usd"),
        pl.struct(pl.lit(table_name).alias("table"), *told)
        .struct.json_encode()
        .alias("usage_json"),
        _instant().dt.replace_time_zone("UTC").alias("started_at"),
    ).with_columns(
        # A row is a call of its own: nothing tells a second try from a second picture.
        pl.col("event_id").alias("operation_id"),
        pl.lit(1, pl.Int64).alias("attempt_number"),
        pl.lit(origin.labels).alias("labels"),
        pl.lit("unknown").alias("endpoint"),
        pl.lit("succeeded").alias("status"),
        pl.lit("legacy_database").alias("source"),
        pl.lit(SCHEMA_VERSION, pl.Int64).alias("schema_version"),
    )
    return found.select(
        pl.col(name).cast(kind) if name in found.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )


def _cost(rows: pl.DataFrame) -> pl.Expr:
    cost = pl.col("cost")
    if rows["cost"].str.contains(rf"\.\d{{{_PLACES + 1}}}").any():
        cost = cost.map_elements(lambda text: f"{round_usd(Decimal(text)):f}", pl.String())
    return cost.str.to_decimal(scale=_PLACES).cast(_USD)


def _is_recorded(rows: pl.DataFrame, events: pl.DataFrame, origin: Origin) -> pl.Series:
    if not origin.recorded or not rows.height:
        return pl.repeat(value=False, n=rows.height, eager=True)
    kind = events.schema["started_at"]
    first = [
        names.replace_strict(dict(origin.recorded), default=None, return_dtype=kind)
        for names in (rows["request_id"], rows["run_id"])
    ]
    seen = pl.DataFrame({"started_at": events["started_at"], "one": first[0], "other": first[1]})
    is_later = pl.col("started_at") >= pl.min_horizontal("one", "other")
    return seen.select(is_later.fill_null(value=False)).to_series()
