"""The ledger as FOCUS files: the views `focus_1_4` and `focus_1_2` of the published warehouse.

Rows go from DuckDB to the disk in a fixed order, so that a month that did not change is the same
file again, byte for byte, and one of any size takes no more memory than `MEMORY`.
"""

import os
import shutil
from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import duckdb
from filelock import FileLock

from ingest.errors import ExportNotWritten
from ingest.warehouse.report import opened

Version = Literal["1.4", "1.2"]
FileFormat = Literal["parquet", "csv"]

MEMORY = "3GB"
ORDER = "ChargePeriodStart, x_StartedAt, x_EventId, SkuMeter, ChargeDescription, EffectiveCost"
"""No two rows are equal in all of it, but for adjustments that are equal altogether."""
_OF_EBOOKS = """x_EventId in (
    select event_id from fct_attempts where list_contains($4, coalesce(ebook_id, 'unattributed'))
)"""
FORMULA_SIGNS = r"^[=+\-@\t\r\n]"
"""What makes a spreadsheet take the text of a cell for a formula."""


class Selection(NamedTuple):
    """Which charges: all of them, or those that began from `since` until before `until`."""

    since: datetime | None = None
    until: datetime | None = None
    ebook_ids: frozenset[str] | None = None
    """Calls of these ebooks alone, `unattributed` for those without one; no other charges."""

    @property
    def name(self) -> str:
        """As file names tell it, empty for all."""
        if self == EVERYTHING:
            return ""
        if self.since and self == month_of(self.since):
            return f"-{self.since:%Y-%m}"
        ends = [f"{end:%Y%m%dT%H%M%SZ}" if end else "all" for end in (self.since, self.until)]
        return "-" + "-".join(ends) + ("" if self.ebook_ids is None else "-ebooks")


EVERYTHING = Selection()


def month_of(instant: datetime) -> Selection:
    """The UTC month of an instant."""
    year, month = instant.year, instant.month
    last_day = date(year, month, monthrange(year, month)[1])
    return Selection(
        datetime(year, month, 1, tzinfo=UTC),
        None
        if last_day == date.max
        else datetime.combine(last_day, time(), UTC) + timedelta(days=1),
    )


@dataclass(frozen=True)
class FocusExport:
    files: tuple[Path, ...]
    row_count: int
    usage_usd: Decimal
    """USD of all calls, as in the ledger: the sum of EffectiveCost where it is `Usage`."""
    untracked_usd: Decimal
    """USD that OpenRouter billed besides: the sum where it is `Adjustment`."""
    billed_usd: Decimal
    """USD of cash for credits: the sum of BilledCost."""
    purchase_count: int
    unknown_count: int
    """Attempts of which nobody knows the cost: their rows have an EffectiveCost of 0."""
    unlisted_count: int
    """Rows of which no list price is known."""


def export_focus(
    warehouse: Path,
    folder: Path,
    *,
    version: Version = "1.4",
    formats: Sequence[FileFormat] = ("parquet", "csv"),
    selection: Selection = EVERYTHING,
    billing_account_id: str | None = None,
) -> FocusExport:
    """Write the whole ledger, or what of it is selected, into `folder`.

    Each file appears whole, in place of one of its name. Raises `WarehouseMissing` and
    `ExportNotWritten`.
    """
    name = f"focus-{version}{selection.name}"
    with opened(warehouse) as connection:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _unfinished_in(folder) as unfinished:
                parquet = unfinished / f"{name}.parquet"
                _write_parquet(connection, parquet, version, selection, billing_account_id)
                if "csv" in formats:
                    _write_csv(connection, parquet)
                export = _summary(connection, parquet)
                files = tuple(_put(parquet.with_suffix(f".{each}"), folder) for each in formats)
        except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
            raise ExportNotWritten(_not_written(folder, error)) from error
    return FocusExport(files, *export)


@contextmanager
def _unfinished_in(folder: Path) -> Iterator[Path]:
    """Where files are written until they are whole; what killed exports left there goes.

    One at a time, or it would take what another is writing for such.
    """
    with FileLock(folder / ".focus.lock"):
        for left_behind in folder.glob(".focus-*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        with TemporaryDirectory(prefix=".focus-", dir=folder) as unfinished:
            yield Path(unfinished)


def _write_parquet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    version: Version,
    selection: Selection,
    billing_account_id: str | None,
) -> None:
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set memory_limit = '{MEMORY}'")
    connection.execute(f"set temp_directory = {_quoted(path.with_name('spilt'))}")
    connection.execute(
        f"""
        copy (
            select * replace (
                case when InvoiceIssuerName = 'OpenRouter' then coalesce($1, BillingAccountId)
                    else BillingAccountId end as BillingAccountId
            )
            from focus_{version.replace(".", "_")}
            where
                coalesce(x_StartedAt, x_ChargeDate::timestamptz) >= $2
                and coalesce(x_StartedAt, x_ChargeDate::timestamptz) < $3
                -- Says the same more coarsely, so that other days are not read.
                and x_ChargeDate between cast($2 as date) and cast($3 as date)
                and {_OF_EBOOKS if selection.ebook_ids is not None else "$4 is null"}
            order by {ORDER}
        ) to {_quoted(path)} (format parquet, compression zstd)
        """,  # noqa: S608 - names of our own
        [
            billing_account_id,
            selection.since or datetime.min.replace(tzinfo=UTC),
            selection.until or datetime.max.replace(tzinfo=UTC),
            None if selection.ebook_ids is None else sorted(selection.ebook_ids),
        ],
    )


def _write_csv(connection: duckdb.DuckDBPyConnection, parquet: Path) -> None:
    rows = _rows_of(parquet)
    columns = connection.execute(f"describe select * from {rows}").fetchall()  # noqa: S608
    cells = ", ".join(f'{_as_text(name, kind)} as "{name}"' for name, kind, *_ in columns)
    connection.execute(
        f"copy (select {cells} from {rows}) to {_quoted(parquet.with_suffix('.csv'))} "  # noqa: S608
        "(format csv, header)"
    )


def _as_text(name: str, kind: str) -> str:
    """A column as a cell: digits without the zeros behind, ISO 8601, and text that is no formula.

    One zero stays, so that who guesses a column's type from its cells never takes it for integers.
    """
    if kind.startswith("DECIMAL"):
        return f"regexp_replace({name}::varchar, '(\\.[0-9]+?)0+$', '\\1')"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ')"
    if kind == "VARCHAR":
        return f"if(regexp_matches({name}, '{FORMULA_SIGNS}'), '''' || {name}, {name})"
    return name


def _summary(
    connection: duckdb.DuckDBPyConnection, parquet: Path
) -> tuple[int, Decimal, Decimal, Decimal, int, int, int]:
    summary = connection.execute(
        f"""
        select
            count(*),
            coalesce(sum(EffectiveCost) filter (ChargeCategory = 'Usage'), 0),
            coalesce(sum(EffectiveCost) filter (ChargeCategory = 'Adjustment'), 0),
            coalesce(sum(BilledCost), 0),
            count(*) filter (ChargeCategory = 'Purchase'),
            -- Each has one such line.
            count(*) filter (SkuMeter = 'Requests' and x_CostStatus in ('unknown', 'in_doubt')),
            count(*) filter (SkuMeter <> 'Requests' and not x_IsListed)
        from {_rows_of(parquet)}
        """  # noqa: S608
    ).fetchone()
    assert summary is not None  # noqa: S101 - a sum is one row
    return summary


def _put(file: Path, folder: Path) -> Path:
    """Let a finished file take the place of the one that was there, if any."""
    with file.open("rb") as written:
        os.fsync(written.fileno())
    return file.replace(folder / file.name)


def _rows_of(parquet: Path) -> str:
    # A folder like `month=2026-04` is no column.
    return f"read_parquet({_quoted(parquet)}, hive_partitioning = false)"


def _quoted(path: Path) -> str:
    # DuckDB takes a leading `~` for the home of the user.
    return "'" + str(path.absolute()).replace("'", "''") + "'"


def _not_written(folder: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    if reason is None:
        reason = str(error).splitlines()[0]
    return f"Nothing was exported to {folder} ({reason}): mend or free the disk, or use --output."
