"""Reads the published warehouse. The only file of the app that knows DuckDB.

WarehouseMissing       nothing has been published
WarehouseUnreadable    what lies there is not a warehouse, or another release built it
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

Row = dict[str, Any]
"""Column name → value: money as `Decimal` in USD, instants aware in UTC, null as `None`."""

_MACROS = Path(__file__).parent / "questions" / "_macros.sql"


class WarehouseMissing(Exception):
    """There is no file at the path given."""


class WarehouseUnreadable(Exception):
    """The file is there, and DuckDB cannot answer from it."""


class Identity(NamedTuple):
    """Tells one published file from the next: a build replaces the file, it never changes it."""

    inode: int
    modified_ns: int
    size_bytes: int


def identify(path: Path) -> Identity:
    """Which file is published now. Raises `WarehouseMissing`."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise WarehouseMissing(str(path)) from error
    return Identity(found.st_ino, found.st_mtime_ns, found.st_size)


def fetch(path: Path, query: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Answer one query: open, fetch, close, so that no build ever waits for a reader.

    Raises `WarehouseMissing` and `WarehouseUnreadable`.
    """
    identify(path)
    try:
        # Connections to one path share one database inside a process: while any of them is open,
        # a new one would still see the file that a build has replaced. Attached ones do not share.
        with duckdb.connect(":memory:") as connection:
            _attach_read_only(connection, path)
            cursor = connection.execute(query, parameters)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except (duckdb.IOException, duckdb.CatalogException, duckdb.BinderException) as error:
        raise WarehouseUnreadable(f"{path}: {str(error).splitlines()[0]}") from error


def _attach_read_only(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted}' as warehouse (read_only)")
    connection.execute("use warehouse")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    connection.execute(_MACROS.read_text())
