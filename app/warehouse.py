"""Reads the published warehouse. The only file of the app that knows DuckDB.

WarehouseMissing       nothing has been published
WarehouseUnreadable    what lies there is not a warehouse, or another release built it
MemoryExhausted        a page needs more memory than it may use
QuestionFailed         what somebody typed is no question, or takes more than it may
"""

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

Row = dict[str, Any]
"""Column name → value: money as `Decimal`, instants aware in UTC, null as `None`."""

_MACROS = Path(__file__).parent / "questions" / "_macros.sql"
_SEARCH_PATH = "set search_path = 'warehouse.main,memory.main'"
MEMORY = "2GB"
"""What all readers of one file may use together; what needs more is answered with an error."""


class WarehouseMissing(Exception):
    """There is no file at the path given."""


class WarehouseUnreadable(Exception):
    """The file is there, and DuckDB cannot answer from it."""


class MemoryExhausted(Exception):
    """The question may be answered of less, or when fewer are asking."""


class QuestionFailed(Exception):
    """The sentence says why, and what to do."""


class Identity(NamedTuple):
    """Tells one published file from the next: a build replaces the file, it never changes it."""

    inode: int
    modified_ns: int
    size_bytes: int


def identify(path: Path) -> Identity:
    """Which file is published now. Raises `WarehouseMissing` and `WarehouseUnreadable`."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise WarehouseMissing(str(path)) from error
    except OSError as error:
        raise WarehouseUnreadable(f"{path}: {error.strerror}") from error
    return Identity(found.st_ino, found.st_mtime_ns, found.st_size)


class Warehouse:
    """One published file, open for any number of threads.

    It is read-only, and nothing else can be reached from it: no file, no network, no setting.
    Whoever has it open keeps it, also when a build has published another one; the file is let go
    with the last reference, so that what is being fetched is fetched to its end. Raises
    `WarehouseMissing` and `WarehouseUnreadable`.
    """

    def __init__(self, path: Path, memory: str = MEMORY) -> None:
        self.identity = identify(path)
        self._path = path
        # Connections to one path share one database inside a process: while any of them is open,
        # a new one would still see the file that a build has replaced. Attached ones do not share.
        self._connection = duckdb.connect(":memory:", config={"memory_limit": memory})
        try:
            self._prepare()
        except duckdb.Error as error:
            self._connection.close()
            raise self._unreadable(error) from error

    def fetch(self, query: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows that answer one query. Raises `WarehouseUnreadable` and `MemoryExhausted`."""
        try:
            with self.cursor() as cursor:
                cursor.execute(query, parameters)
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (duckdb.IOException, duckdb.CatalogException, duckdb.BinderException) as error:
            raise self._unreadable(error) from error
        except duckdb.OutOfMemoryException as error:
            raise MemoryExhausted from error

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the same file."""
        cursor = self._connection.cursor()
        cursor.execute(_SEARCH_PATH)
        return cursor

    def _prepare(self) -> None:
        quoted = str(self._path).replace("'", "''")
        for statement in (
            f"attach '{quoted}' as warehouse (read_only)",
            _SEARCH_PATH,
            "set global TimeZone = 'UTC'",
            "set temp_directory = ''",
            _MACROS.read_text(),
            "set enable_external_access = false",
            "set lock_configuration = true",
        ):
            self._connection.execute(statement)

    def _unreadable(self, error: duckdb.Error) -> WarehouseUnreadable:
        return WarehouseUnreadable(f"{self._path}: {str(error).splitlines()[0]}")


class Answer(NamedTuple):
    """What a question of somebody's own was answered with."""

    rows: list[Row]
    is_cut: bool
    """Whether there are more rows than were asked for."""
    seconds: float


class Question:
    """One `select` of somebody's own, being answered: within limits, and until it is given up.

    `parameters` are those that it may name. Raises `QuestionFailed` for anything but a `select`.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        text: str,
        parameters: Mapping[str, Any],
        *,
        most_rows: int,
        most_seconds: float,
    ) -> None:
        self._statement = _only_select(text)
        named = self._statement.named_parameters
        if unknown := sorted(named - set(parameters)):
            raise QuestionFailed(f"Nothing is known by ${unknown[0]}; there is $view.")
        self._parameters = {name: parameters[name] for name in named}
        self._most_rows, self._most_seconds = most_rows, most_seconds
        self._begun_at = time.monotonic()
        self._cursor = warehouse.cursor()
        self._warehouse = warehouse  # Whose last reference would close the cursor with it.
        self._pool = ThreadPoolExecutor(1)
        self._answer = self._pool.submit(self._ask)
        self._pool.shutdown(wait=False)

    def wait(self, seconds: float) -> bool:
        """Wait so long for the answer; whether it is there."""
        if time.monotonic() - self._begun_at > self._most_seconds:
            self.give_up()
        return not wait([self._answer], seconds).not_done

    @property
    def progress(self) -> float:
        """How much of it is done, from 0 to 1, as the engine estimates; 0 while it cannot tell."""
        return max(self._cursor.query_progress(), 0) / 100

    def give_up(self) -> None:
        """Stop; `answer` then raises."""
        self._cursor.interrupt()

    def answer(self) -> Answer:
        """Raises `QuestionFailed`, for what was stopped too."""
        try:
            return self._answer.result()
        except duckdb.InterruptException as error:
            raise QuestionFailed(
                f"Stopped after {self._seconds:.0f} seconds; at most "
                f"{self._most_seconds:.0f} are given. Ask of fewer rows, or of a smaller table."
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise QuestionFailed(
                "This needs more memory than a question may take. Ask of fewer rows or columns."
            ) from error
        except duckdb.PermissionException as error:
            raise QuestionFailed(
                "Files and the network cannot be reached from here, only the tables of the ledger."
            ) from error
        except (duckdb.Error, OverflowError, ValueError) as error:
            raise QuestionFailed(str(error).split("\n\nLINE")[0]) from error

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._begun_at

    def _ask(self) -> Answer:
        # The cursor is let go with this question: closed, it could no longer be stopped.
        self._cursor.execute(self._statement, self._parameters)
        names = _told_apart([column[0] for column in self._cursor.description or ()])
        rows = self._cursor.fetchmany(self._most_rows + 1)
        return Answer(
            [dict(zip(names, row, strict=True)) for row in rows[: self._most_rows]],
            len(rows) > self._most_rows,
            self._seconds,
        )


def _only_select(text: str) -> duckdb.Statement:
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise QuestionFailed(str(error).split("\n\nLINE")[0]) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QuestionFailed("One `select` is answered here, and nothing else.")
    return statements[0]


def _told_apart(names: list[str]) -> list[str]:
    """`a`, `a` as `a`, `a (2)`: a column of a result may have the name of another."""
    seen: Counter[str] = Counter()
    apart = []
    for name in names:
        seen[name] += 1
        apart.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return apart
