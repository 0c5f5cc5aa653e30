"""Reads the published warehouse. The only file of the app that knows DuckDB.

WarehouseMissing       nothing has been published
WarehouseUnreadable    what lies there is not a warehouse, or another release built it
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

Row = dict[str, Any]
"""Column name → value: money as `Decimal`, instants aware in UTC, null as `None`."""

_MACROS = Path(__file__).parent / "questions" / "_macros.sql"
_SEARCH_PATH = "set search_path = 'warehouse.main,memory.main'"
_MEMORY = "2GB"
"""What all readers of one file may use together; what needs more is answered with an error."""


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


class Warehouse:
    """One published file, open for any number of threads.

    It is read-only, and nothing else can be reached from it: no file, no network, no setting.
    Whoever has it open keeps it, also when a build has published another one; the file is let go
    with the last reference, so that what is being fetched is fetched to its end. Raises
    `WarehouseMissing` and `WarehouseUnreadable`.
    """

    def __init__(self, path: Path) -> None:
        self.identity = identify(path)
        self._path = path
        # Connections to one path share one database inside a process: while any of them is open,
        # a new one would still see the file that a build has replaced. Attached ones do not share.
        self._connection = duckdb.connect(":memory:", config={"memory_limit": _MEMORY})
        try:
            self._prepare()
        except duckdb.Error as error:
            self._connection.close()
            raise self._unreadable(error) from error

    def fetch(self, query: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows that answer one query. Raises `WarehouseUnreadable`."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(_SEARCH_PATH)
                cursor.execute(query, parameters)
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (duckdb.IOException, duckdb.CatalogException, duckdb.BinderException) as error:
            raise self._unreadable(error) from error

    def _prepare(self) -> None:
        quoted = str(self._path).replace("'", "''")
        for statement in (
            f"attach '{quoted}' as warehouse (read_only)",
            _SEARCH_PATH,
            "set global TimeZone = 'UTC'",
            _MACROS.read_text(),
            "set enable_external_access = false",
            "set lock_configuration = true",
        ):
            self._connection.execute(statement)

    def _unreadable(self, error: duckdb.Error) -> WarehouseUnreadable:
        return WarehouseUnreadable(f"{self._path}: {str(error).splitlines()[0]}")
