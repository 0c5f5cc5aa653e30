"""Opens the published warehouse, for reading alone."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest.errors import WarehouseMissing
from ingest.settings import Home, Settings


def warehouse_path(home: str | PathLike[str] | None = None) -> Path:
    """Where the warehouse of `home` is published; of INKLEDGER_HOME, or `data`, without one."""
    return Home(Settings().home if home is None else Path(home).expanduser()).warehouse


def connect(home: str | PathLike[str] | None = None) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse of `home`, or of INKLEDGER_HOME.

    The connection can do nothing but read it: external access is off, the configuration locked,
    the time zone UTC. Raises `WarehouseMissing`.
    """
    path = warehouse_path(home)
    if not path.is_file():
        raise WarehouseMissing(
            f"There is no warehouse at {path}: run `inkledger demo` for simulated books, or "
            "`inkledger build` for your own calls."
        )
    # Attached, and not opened: connections that open one path share one database inside a process,
    # and a new one would still see the file that a build has replaced.
    connection = duckdb.connect(":memory:")
    try:
        for statement in _opening(path):
            connection.execute(statement)
        connection.execute("select built_at from fct_ledger_status").fetchall()
    except duckdb.Error:
        connection.close()
        raise WarehouseMissing(
            f"{path} is damaged or of another version of inkledger: run `inkledger build`."
        ) from None
    return connection


def frame(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> pl.DataFrame:
    """What a query gives: money as `Decimal`, instants in UTC, sums of whole numbers as `Int64`."""
    found = pl.DataFrame(connection.sql(query, params=list(parameters) or None))
    whole = [
        name
        for name, kind in found.schema.items()
        if isinstance(kind, pl.Decimal) and kind.scale == 0
    ]
    return found.with_columns(pl.col(whole).cast(pl.Int64))


def is_outdated(
    connection: duckdb.DuckDBPyConnection, home: str | PathLike[str] | None = None
) -> bool:
    """Whether a build has published since `connection` was made."""
    try:
        with connect(home) as newest:
            return _built_at(newest) != _built_at(connection)
    except WarehouseMissing:
        return False  # What is open can be read on.


def literal(value: object) -> str:
    """A value as SQL writes it, quotes and all: text, number, date, instant, null, or a list.

    Raises `TypeError` for anything else.
    """
    match value:
        case None:
            return "null"
        case bool() | int() | Decimal():
            return f"{value:f}" if isinstance(value, Decimal) else str(value).lower()
        case str():
            return _quoted(value)
        case datetime():
            return f"timestamptz {_quoted(value.isoformat())}"
        case date():
            return f"date {_quoted(value.isoformat())}"
        case list() | tuple() | set() | frozenset():
            return _listed(value)
    raise TypeError(f"{type(value).__name__} has no way to be written in SQL")


def _opening(path: Path) -> Iterable[str]:
    yield f"attach {_quoted(str(path))} as warehouse (read_only)"
    yield "use warehouse"
    yield "set TimeZone = 'UTC'"
    yield "set enable_external_access = false"
    yield "set lock_configuration = true"


def _built_at(connection: duckdb.DuckDBPyConnection) -> datetime:
    ((built_at,),) = connection.execute("select built_at from fct_ledger_status").fetchall()
    instant: datetime = built_at
    return instant


def _listed(values: Iterable[object]) -> str:
    # `in (null)` is true of nothing, as an empty list has to be.
    return f"({', '.join(map(literal, values)) or 'null'})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
