"""What the published warehouse says, ready for JSON: USD as decimal strings, times in UTC.

Every function opens the file read-only, fetches and closes: a build that publishes meanwhile
waits for nobody. Each raises `WarehouseMissing` when nothing has been published.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import UsageError, WarehouseMissing
from ingest.identifiers import UNTRACKED
from ingest.money import format_usd

Row = dict[str, Any]

SETTLED_BY_TIME = (None, "rounding", "in_flight")
"""What a balance may differ by without anything being open: the next one has it."""


def read_status(warehouse: Path) -> Row:
    """The state of the whole ledger: the columns of `fct_ledger_status`.

    `unknown_by_age` has the rows of `fct_unknown_cost_ages`, the youngest first.
    """
    status = fetch(warehouse, "select * from fct_ledger_status")[0]
    ages = fetch(
        warehouse,
        "select * exclude (band_number) from fct_unknown_cost_ages order by band_number",
    )
    return {**status, "unknown_by_age": ages}


def read_ebooks(warehouse: Path, ebook_id: str | None = None) -> list[Row]:
    """What each ebook cost, dearest first, or one of them: the columns of `fct_ebook_costs`.

    What the provider billed beyond the ledger is a line of its own, the last, if there is any:
    `untracked`, which cost the ledger nothing. `untracked_usd` of all lines and their `cost_usd`
    are the bill together; `full_cost_usd`, with shared calls, sums to the same. Raises
    `UsageError` for an ebook that the warehouse does not know.
    """
    ebooks = fetch(
        warehouse,
        "select * from fct_ebook_costs where ebook_id = coalesce(?, ebook_id) "
        "order by cost_usd desc, ebook_id",
        ebook_id,
    )
    if ebook_id is not None and not ebooks:
        raise UsageError(f"There is no ebook {ebook_id!r}; `inkledger report ebooks` lists them.")
    untracked = [] if ebook_id else _read_untracked(warehouse)
    return [{**ebook, "untracked_usd": "0"} for ebook in ebooks] + untracked


def _read_untracked(warehouse: Path) -> list[Row]:
    """Nothing, or one line with the columns of an ebook."""
    return fetch(
        warehouse,
        """
        select
            ebooks.* replace (
                ? as ebook_id,
                0 as call_count,
                0 as operation_count,
                0::decimal(38, 12) as cost_usd,
                0::decimal(38, 12) as shared_cost_usd,
                0::decimal(38, 12) as full_cost_usd,
                0::decimal(38, 12) as rejected_cost_usd,
                0::decimal(38, 12) as wasted_cost_usd,
                0 as unpriced_count,
                0 as in_doubt_count,
                0 as estimated_count
            ),
            status.untracked_usd
        from fct_ledger_status as status
        left join fct_ebook_costs as ebooks on false
        where status.untracked_requests > 0
        """,
        UNTRACKED,
    )


def read_stages(warehouse: Path, ebook_id: str | None = None) -> list[Row]:
    """What each stage cost, of all ebooks or of one: the columns of `fct_stage_costs`.

    Raises `UsageError` for an ebook that the warehouse does not know.
    """
    read_ebooks(warehouse, ebook_id)
    return fetch(
        warehouse,
        "select * from fct_stage_costs where ebook_id = coalesce(?, ebook_id) "
        "order by ebook_id, cost_usd desc, stage",
        ebook_id,
    )


def read_reconciliation(warehouse: Path) -> Row:
    """The ledger against the provider's own records, and what of their difference is open.

    `days` are the UTC days that differ; `difference_usd` and `missing_requests` are the provider's
    less the ledger's, and `classes` sum to them. `generations` were compared one by one, `balances`
    are the account's and its keys', `runs` are the producers' own sums. `is_balanced` is null when
    there is nothing to compare with; what exports round is no difference to it.
    """
    days = fetch(
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
    totals = fetch(
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
    reconciliation = {
        "days": _with_classes(warehouse, days),
        **totals,
        "balanced_day_count": totals["day_count"] - len(days),
        "classes": _read_classes(warehouse),
        "generations": _read_generations(warehouse),
        "balances": _read_balances(warehouse),
        "runs": _read_runs(warehouse),
    }
    return {**reconciliation, "is_balanced": _is_balanced(reconciliation)}


def _with_classes(warehouse: Path, days: list[Row]) -> list[Row]:
    classes = fetch(
        warehouse,
        """
        select date_utc as date, string_agg(distinct difference_class, ',') as classes
        from fct_reconciliation_differences
        group by date_utc
        """,
    )
    of_day = {row["date"]: row["classes"] for row in classes}
    return [{**day, "classes": sorted(of_day[day["date"]].split(","))} for day in days]


def _read_classes(warehouse: Path) -> list[Row]:
    return fetch(
        warehouse,
        """
        select
            difference_class as class,
            sum(amount_usd) as amount_usd,
            sum(requests) as requests,
            count(distinct date_utc) as day_count,
            bool_or(is_untracked) as is_untracked
        from fct_reconciliation_differences
        group by difference_class
        order by difference_class = 'rounding', abs(sum(amount_usd)) desc, difference_class
        """,
    )


def _read_generations(warehouse: Path) -> list[Row]:
    return fetch(
        warehouse,
        """
        select
            match,
            sum(generation_count) as generation_count,
            sum(recorded_usd) as recorded_usd,
            sum(provider_usd) as provider_usd
        from fct_reconciliation_generation_days
        group by match
        order by match
        """,
    )


def _read_balances(warehouse: Path) -> list[Row]:
    """The whole account, or the keys where only those were asked for."""
    return fetch(
        warehouse,
        """
        select * exclude (balance_of) from fct_reconciliation_balances
        where balance_of = 'account'
            or not exists (select 1 from fct_reconciliation_balances where balance_of = 'account')
        order by until_at, api_key_hash
        """,
    )


def _read_runs(warehouse: Path) -> Row:
    return fetch(
        warehouse,
        """
        select
            count(*) as run_count,
            count(*) filter (where is_agreed) as agreed_count,
            coalesce(sum(producer_usd - reported_usd) filter (where not is_agreed), 0)
                as difference_usd
        from fct_run_totals
        """,
    )[0]


def _is_balanced(reconciliation: Row) -> bool | None:
    runs, balances = reconciliation["runs"], reconciliation["balances"]
    if not reconciliation["day_count"] and not balances:
        return None
    return (
        all(row["class"] == "rounding" for row in reconciliation["classes"])
        and all(row["difference_class"] in SETTLED_BY_TIME for row in balances)
        and runs["agreed_count"] == runs["run_count"]
    )


def read_anomalies(warehouse: Path, since: datetime) -> list[Row]:
    """The hours from `since` on that cost far more than usual, the dearest first."""
    return fetch(
        warehouse,
        """
        select kind, canonical_model, started_hour, cost_usd, usual_cost_usd
        from fct_cost_anomalies
        where is_anomaly and started_hour >= cast(? as timestamptz)
        order by cost_usd desc, started_hour, kind, canonical_model
        """,
        since.isoformat(),
    )


def fetch(warehouse: Path, query: str, *parameters: str | None) -> list[Row]:
    """The rows of a query to the published warehouse. Raises `WarehouseMissing`."""
    with opened(warehouse) as connection:
        return to_rows(connection, query, parameters)


@contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse, for reading. Raises `WarehouseMissing`."""
    if not warehouse.exists():
        raise WarehouseMissing(f"There is no warehouse at {warehouse} yet: run `inkledger build`.")
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            yield connection
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException):
        raise WarehouseMissing(
            f"{warehouse} is damaged or of another version of inkledger: run `inkledger build`."
        ) from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # What DuckDB makes of Ctrl-C.
            raise KeyboardInterrupt from None
        raise


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
