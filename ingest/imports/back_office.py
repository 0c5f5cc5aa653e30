"""The old back office's PostgreSQL, read as it stood at one instant and never written.

Nothing that libpq says of an address is repeated: it may hold a password.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Composable, Identifier, Literal

from ingest.errors import DatabaseUnreadable, UsageError
from ingest.landing.old_rows import COUNTS, column_names
from ingest.parquet import ROWS_IN_GROUP

_TEXTS = {
    # One form of each, whatever type of number or time the column has.
    "cost": SQL("cost::numeric::text"),
    "created_at": SQL("created_at::timestamp::text"),
}
_PATIENCE_SECONDS = 10
_REFUSALS = {
    "password authentication failed": "the password is not that of the user",
    "no password supplied": "it asks for a password: PGPASSWORD or ~/.pgpass may hold it",
    "no pg_hba.conf entry": "it lets nobody in from here as that user",
    "does not exist": "it has no such database or user",
    "could not translate host name": "there is no host of that name",
    "Connection refused": "nothing listens there",
    "No such file": "nothing listens there",
    "timeout expired": "it did not answer",
    "SSL": "the two do not agree on TLS: see sslmode",
    "starting up": "it is starting: try again",
    "too many": "it takes no more connections",
}


class BackOffice:
    """One schema with both tables, in one snapshot."""

    def __init__(
        self, connection: psycopg.Connection, schema: str, *, batch_rows: int = ROWS_IN_GROUP
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._batch_rows = batch_rows
        self.name = f"{connection.info.dbname}.{schema}"
        """How it is known without another name: by its database and schema, wherever it runs."""

    def require_tables(self) -> None:
        """Raise `DatabaseUnreadable` unless both tables have their columns."""
        for table_name in COUNTS:
            names = self._columns(table_name)
            if missing := [name for name in column_names(table_name) if name not in names]:
                raise DatabaseUnreadable(self._lack(table_name, names, missing))

    def sums(self, column: str, until: datetime | None) -> bytes:
        """`column`, number of rows and sum of costs over both tables, in COPY's text format."""
        rows = SQL(" union all ").join(
            SQL("select {}::text as name, cost::numeric as cost from {}{}").format(
                Identifier(column), self._table(table_name), _before(until)
            )
            for table_name in COUNTS
        )
        # Not a number is no sum: those rows are set aside.
        summed = SQL(
            "select name, count(*), "
            "sum(cost) filter (where cost::text not in ('NaN', 'Infinity', '-Infinity')) "
            "from ({}) as told group by 1"
        ).format(rows)
        return b"".join(self._copied(summed))

    def rows(self, table_name: str, until: datetime | None) -> Iterator[bytes]:
        """The rows of a table in the order of their ids, some hundred thousand lines at a time."""
        texts = SQL(", ").join(
            _TEXTS.get(name, SQL("{}::text").format(Identifier(name)))
            for name in column_names(table_name)
        )
        query = SQL("select {} from {} as told{} order by told.id")
        lines: list[bytes] = []
        for line in self._copied(query.format(texts, self._table(table_name), _before(until))):
            lines.append(line)
            if len(lines) == self._batch_rows:
                yield b"".join(lines)
                lines.clear()
        if lines:
            yield b"".join(lines)

    def _copied(self, query: Composable) -> Iterator[bytes]:
        # The server sends a row at a time, however fast it is read: no row waits in memory.
        statement = SQL("copy ({}) to stdout").format(query)
        with _in_our_words(), self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for line in copy:
                yield bytes(line)

    def _table(self, table_name: str) -> Composable:
        return Identifier(self._schema, table_name)

    def _columns(self, table_name: str) -> set[str]:
        query = (
            "select attribute.attname from pg_attribute as attribute "
            "join pg_class as relation on relation.oid = attribute.attrelid "
            "join pg_namespace as schema on schema.oid = relation.relnamespace "
            "where schema.nspname = %s and relation.relname = %s "
            "and attribute.attnum > 0 and not attribute.attisdropped"
        )
        with _in_our_words():
            rows = self._connection.execute(query, (self._schema, table_name)).fetchall()
        return {name for (name,) in rows}

    def _lack(self, table_name: str, names: set[str], missing: list[str]) -> str:
        if names:
            return (
                f"{self._schema}.{table_name} lacks {', '.join(missing)}: it is not the table of "
                "the old back office; a view with these names in another --schema would do."
            )
        query = "select schemaname from pg_tables where tablename = %s order by schemaname"
        with _in_our_words():
            rows = self._connection.execute(query, (table_name,)).fetchall()
        there = f"; it is in {', '.join(name for (name,) in rows)}" if rows else ""
        return f"The schema {self._schema} has no table {table_name}{there}: see --schema."


@contextmanager
def open_back_office(
    dsn: str, schema: str, *, batch_rows: int = ROWS_IN_GROUP
) -> Iterator[BackOffice]:
    """Connect, and see one state of it until the end of the block.

    Raises `UsageError` for no address of a database, `DatabaseUnreadable` if it lets us not in.
    """
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.Error:
        raise UsageError(
            "--dsn is no address of a PostgreSQL: write postgresql://user@host/database, with %40 "
            "for an @ in a name or password."
        ) from None
    given = {"connect_timeout": _PATIENCE_SECONDS, **given}
    given |= {"client_encoding": "utf8", "fallback_application_name": "inkledger"}
    try:
        connection = psycopg.connect(make_conninfo("", **given))
    except psycopg.Error as error:
        said = str(error)
        why = next((why for sign, why in _REFUSALS.items() if sign in said), "psql may tell why")
        raise DatabaseUnreadable(f"The database of --dsn is not to be had: {why}.") from None
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with _in_our_words():
            for setting in (
                "statement_timeout = 0", "idle_in_transaction_session_timeout = 0",
                "timezone = 'UTC'", "datestyle = 'ISO'",
            ):  # fmt: skip
                connection.execute(SQL("set local ") + SQL(setting))
        office = BackOffice(connection, schema, batch_rows=batch_rows)
        office.require_tables()
        if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
            # It holds whatever bytes it was given, and would stop at the first that are not UTF-8.
            connection.execute("set local client_encoding = 'SQL_ASCII'")
        yield office


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseUnreadable(
            "The user of --dsn may not read token_usages and image_usages: grant it select."
        ) from None
    except (psycopg.errors.OperationalError, psycopg.InterfaceError):
        raise DatabaseUnreadable(
            "The database went away. What has landed stays: run it again, and it goes on."
        ) from None
    except psycopg.Error as error:
        said = error.diag.message_primary or type(error).__name__
        raise DatabaseUnreadable(f"The database cannot be read: {said}.") from None


def _before(until: datetime | None) -> Composable:
    if until is None:
        return SQL("")
    # What has no time is for quarantine, whenever it was.
    naive = Literal(until.astimezone(UTC).replace(tzinfo=None).isoformat())
    return SQL(
        " where coalesce(created_at::timestamp < {}::timestamp"
        " or not isfinite(created_at::timestamp), true)"
    ).format(naive)
