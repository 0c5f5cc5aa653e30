"""What the published warehouse says, ready for JSON: USD as decimal strings, times in UTC.

Every function opens the file read-only, fetches and closes: a build that publishes meanwhile
waits for nobody. Each raises `WarehouseMissing` when nothing has been published.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import UsageError, WarehouseMissing
from ingest.money import format_usd

Row = dict[str, Any]


def read_status(warehouse: Path) -> Row:
    """The state of the whole ledger: the columns of `fct_ledger_status`.

    `unknown_by_age` has the rows of `fct_unknown_cost_ages`, the youngest first.
    """
    status = _fetch(warehouse, "select * from fct_ledger_status")[0]
    ages = _fetch(
        warehouse,
        "select * exclude (band_number) from fct_unknown_cost_ages order by band_number",
    )
    return {**status, "unknown_by_age": ages}


def read_ebooks(warehouse: Path, ebook_id: str | None = None) -> list[Row]:
    """What each ebook cost, dearest first, or one of them: the columns of `fct_ebook_costs`.

    Raises `UsageError` for an ebook that the warehouse does not know.
    """
    ebooks = _fetch(
        warehouse,
        "select * from fct_ebook_costs where ebook_id = coalesce(?, ebook_id) "
        "order by cost_usd desc, ebook_id",
        ebook_id,
    )
    if ebook_id is not None and not ebooks:
        raise UsageError(f"There is no ebook {ebook_id!r}; `inkledger report ebooks` lists them.")
    return ebooks


def read_stages(warehouse: Path, ebook_id: str | None = None) -> list[Row]:
    """What each stage cost, of all ebooks or of one: the columns of `fct_stage_costs`.

    Raises `UsageError` for an ebook that the warehouse does not know.
    """
    read_ebooks(warehouse, ebook_id)
    return _fetch(
        warehouse,
        "select * from fct_stage_costs where ebook_id = coalesce(?, ebook_id) "
        "order by ebook_id, cost_usd desc, stage",
        ebook_id,
    )


def read_reconciliation(warehouse: Path) -> Row:
    """The ledger against the provider's own sums, with the UTC days on which they differ.

    `difference_usd` and `missing_requests` are the provider's less the ledger's.
    """
    days = _fetch(
        warehouse,
        """
        select
            date_utc as date,
            sum(ledger_usd) as ledger_usd,
            sum(provider_usd) as provider_usd,
            sum(difference_usd) as difference_usd,
            sum(ledger_requests) as ledger_requests,
            sum(provider_requests) as provider_requests,
            sum(missing_requests) as missing_requests
        from fct_reconciliation_days
        group by date_utc
        having not bool_and(is_balanced)
        order by date_utc
        """,
    )
    totals = _fetch(
        warehouse,
        """
        select
            count(distinct date_utc) as day_count,
            coalesce(sum(difference_usd), 0) as difference_usd,
            coalesce(sum(missing_requests), 0) as missing_requests,
            coalesce(sum(ledger_usd), 0) as ledger_usd,
            coalesce(sum(provider_usd), 0) as provider_usd
        from fct_reconciliation_days
        """,
    )[0]
    return {"days": days, **totals, "balanced_day_count": totals["day_count"] - len(days)}


def _fetch(warehouse: Path, query: str, *parameters: str | None) -> list[Row]:
    if not warehouse.exists():
        raise WarehouseMissing(f"There is no warehouse at {warehouse} yet: run `inkledger build`.")
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return to_rows(connection, query, parameters)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException):
        raise WarehouseMissing(
            f"{warehouse} is damaged or of another version of inkledger: run `inkledger build`."
        ) from None


def to_rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[str | None] = ()
) -> list[Row]:
    """What a query gives, ready for JSON."""
    connection.execute("set TimeZone = 'UTC'")
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, map(_to_json, row), strict=True)) for row in cursor.fetchall()]


def _to_json(value: Any) -> Any:
    match value:
        case Decimal():
            return format_usd(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
    return value
