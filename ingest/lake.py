"""The lake: immutable Parquet files in a folder for each table and day of landing."""

import functools
import glob
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import polars as pl
from polars.io.plugins import register_io_source
from pydantic import BaseModel

from ingest.errors import LakeUnreadable
from ingest.identifiers import derived_id
from ingest.parquet import LANDING_LEVEL, MERGING_LEVEL, ROWS_IN_GROUP, write_then_rename
from ingest.records import TABLES, Record

MERGED_PREFIX = "merged-"
_SOURCES = "inkledger.sources"
"""Key of a merged file's own metadata: the names of the files it replaced, a JSON list."""
_PARQUET_END = b"PAR1"
_INSTANTS = ("started_at", "observed_at", "decided_at", "recorded_at")
_COLUMN_TYPES: dict[type, pl.DataType] = {
    str: pl.String(),
    bool: pl.Boolean(),
    int: pl.Int64(),
    Decimal: pl.Decimal(18, 12),
    datetime: pl.Datetime("us", "UTC"),
    date: pl.Date(),
}


class Lake:
    """One folder per table, one folder per UTC day of landing, one file per source."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def land(
        self, table_name: str, file_name: str, records: Sequence[Record], landed_at: datetime
    ) -> Path | None:
        """Write `records` as one file of `table_name`; do nothing when that file has landed.

        `file_name` names the source (a segment, an import), so that landing it again is told
        apart from landing another. Returns the new file, or `None` if there was nothing to do.
        Raises `LakeNotWritten` when the disk is full or refuses; nothing of the file is left then.
        """
        if not records:
            return None
        return self.land_rows(table_name, file_name, to_frame(table_name, records), landed_at)

    def land_rows(
        self,
        table_name: str,
        file_name: str,
        rows: pl.DataFrame | pl.LazyFrame,
        landed_at: datetime,
    ) -> Path | None:
        """`land` for rows that have exactly the table's columns."""
        if self.has(table_name, file_name):
            return None
        at = pl.lit(landed_at).cast(columns(TABLES[table_name])["landed_at"])
        folder = self.root / table_name / f"landed_date={landed_at:%Y-%m-%d}"
        return write_then_rename(
            rows.lazy().with_columns(landed_at=at),
            folder / f"{file_name}.parquet",
            level=LANDING_LEVEL,
        )

    def has(self, table_name: str, file_name: str) -> bool:
        """Whether a file of that name has landed in `table_name`, on whatever day."""
        folder = self.root / table_name
        if any(folder.glob(f"landed_date=*/{glob.escape(file_name)}.parquet")):
            return True
        merged = folder.glob(f"landed_date=*/{MERGED_PREFIX}*.parquet")
        return any(file_name in sources(path) for path in merged)

    def next_name(self, table_name: str, source: str) -> str:
        """A name for another landing of the same source, under other rules or with other rows."""
        names = (f"{source}-{number}" for number in count(1))
        return next(name for name in names if not self.has(table_name, name))

    def merge(self, files: Sequence[Path]) -> Path:
        """Write the rows of `files`, which lie in one folder, into one that takes their place.

        Every column and row is kept, and the names of what has landed; rows are in the order of
        their instants, so that the statistics of a group tell its time. Interrupted anywhere, it
        leaves rows that are there twice, which a merge of the same files puts right.
        """
        names = sorted(frozenset[str]().union(*map(sources, files)))
        merged = files[0].with_name(f"{MERGED_PREFIX}{derived_id(*names)}.parquet")
        if not merged.exists():
            require_whole(files)
            frames = [_read(path).lazy() for path in files]
            write_then_rename(
                _in_order(pl.concat(frames, how="diagonal")),
                merged,
                level=MERGING_LEVEL,
                metadata={_SOURCES: json.dumps(names)},
            )
        for path in files:
            if path != merged:
                path.unlink(missing_ok=True)
        return merged

    def require_whole(self) -> None:
        """Raise `LakeUnreadable` if a file of any table is not whole."""
        require_whole(sorted(self.root.glob("*/landed_date=*/*.parquet")))

    def require_readable(self) -> None:
        """`require_whole` for what stands inside the files: each is read."""
        for path in sorted(self.root.glob("*/landed_date=*/*.parquet")):
            _read(path)

    def scan(self, table_name: str, *, landed_since: date | None = None) -> pl.LazyFrame:
        """All rows of a table, in no order; a table without files has no rows.

        `landed_since` leaves out what landed before that UTC day. Raises `LakeUnreadable`.
        """
        schema = columns(TABLES[table_name])
        require_whole(self._files(table_name, landed_since))

        def read(
            names: list[str] | None, predicate: pl.Expr | None, row_count: int | None, _: int | None
        ) -> Iterator[pl.DataFrame]:
            while True:
                rows = _scan(self._files(table_name, landed_since), schema)
                rows = rows if predicate is None else rows.filter(predicate)
                rows = rows if names is None else rows.select(names)
                rows = rows if row_count is None else rows.head(row_count)
                with suppress(FileNotFoundError):  # Compaction put another in its place.
                    frame = rows.collect()
                    break
            yield frame

        return register_io_source(read, schema=schema, validate_schema=True, is_pure=False)

    def _files(self, table_name: str, landed_since: date | None) -> list[Path]:
        files = sorted((self.root / table_name).glob("landed_date=*/*.parquet"))
        oldest = f"landed_date={landed_since or ''}"
        return [path for path in files if path.parent.name >= oldest]


def _scan(files: list[Path], schema: dict[str, pl.DataType]) -> pl.LazyFrame:
    if not files:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(
        files,
        schema=schema,
        glob=False,  # A file's name is its source's, brackets and all.
        # Columns grow: older files have fewer than we know, newer ones may have more.
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=False,
    )


def require_whole(files: Iterable[Path]) -> None:
    """Raise `LakeUnreadable` for the first file that does not end as Parquet does."""
    for path in files:
        with suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(-min(len(_PARQUET_END), path.stat().st_size), os.SEEK_END)
            if file.read() != _PARQUET_END:
                raise _unreadable(path, "is not whole")


@contextmanager
def naming_spoilt_files(lake: Lake) -> Iterator[Lake]:
    """Raise `LakeUnreadable` for what cannot be read inside the block."""
    try:
        yield lake
    except pl.exceptions.PolarsError:
        # It says what is wrong, and not where.
        lake.require_readable()
        raise


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except pl.exceptions.PolarsError as error:
        raise _unreadable(path, "is spoilt inside") from error


def _unreadable(path: Path, how: str) -> LakeUnreadable:
    return LakeUnreadable(
        f"{path} {how}: bring it back from a backup, or move it out of the lake and lose its rows."
    )


@functools.lru_cache(maxsize=4096)
def sources(path: Path) -> frozenset[str]:
    """The names under which the rows of a file landed: its own, or those of what it took in."""
    if not path.name.startswith(MERGED_PREFIX):
        return frozenset([path.stem])
    return frozenset(json.loads(pl.read_parquet_metadata(path)[_SOURCES]))


def _in_order(rows: pl.LazyFrame) -> pl.LazyFrame:
    """By instant, and within a group of rows by run: what is alike is pressed to less."""
    names = rows.collect_schema().names()
    instant = next((name for name in _INSTANTS if name in names), "landed_at")
    if "run_id" not in names:
        return rows.sort(instant, maintain_order=True)
    group = pl.int_range(pl.len()) // ROWS_IN_GROUP
    return rows.sort(instant, maintain_order=True).sort(group, "run_id", maintain_order=True)


def to_frame(table_name: str, records: Iterable[Record]) -> pl.DataFrame:
    """Records as a frame with exactly the table's columns."""
    schema = columns(TABLES[table_name])
    return pl.DataFrame([dict(record) for record in records], schema=schema, orient="row")


def columns(record_type: type[BaseModel]) -> dict[str, pl.DataType]:
    """Column name → Parquet type of a record, in the record's order."""
    return {
        name: _column_type(field.annotation) for name, field in record_type.model_fields.items()
    }


def _column_type(annotation: Any) -> pl.DataType:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _column_type(get_args(annotation)[0])
    if origin is Literal:
        return pl.String()
    if origin in (Union, UnionType):
        (inner,) = (argument for argument in get_args(annotation) if argument is not NoneType)
        return _column_type(inner)
    return _COLUMN_TYPES[annotation]
