"""The published warehouse in a notebook: read-only, as polars frames, in the app's colours.

    import inkledger

    ledger = inkledger.connect()                        # of INKLEDGER_HOME, or connect("folder")
    inkledger.frame(ledger, "select * from fct_ebook_costs order by cost_usd desc")

`connect` gives a DuckDB connection that can only read what was published: no file, no network, no
change of its settings, time in UTC. It is an engine for marimo's SQL cells:

    mo.sql(f"select * from fct_waste where stage = {inkledger.literal(stage.value)}", engine=ledger)

A value goes into a query through `literal`, whatever it is. Money arrives as polars `Decimal`, to
the last digit, and instants as `Datetime` in UTC; `sum` of whole numbers is a `Decimal` in DuckDB,
which `frame` makes a whole number again and a SQL cell with `::bigint`.

A build may publish while a connection is open. It does not wait, and the connection goes on with
what it began with; `is_outdated(ledger)` tells, and a new `connect()` has the new figures. The
notebooks look every ten seconds, say when there are newer figures, and read them at the press of
*Read again*: a statement must not change under who reads it.

Without a warehouse, or with one that cannot be read, `connect` raises `WarehouseMissing`, whose
text says what to do. `connected` is the same for a notebook's cell, where it shows that text.

`usd`, `exact`, `ranged`, `percent` and `plain` write figures and names; `theme` and the charts have
the app's colours. Needs the extra `notebooks`: `pip install 'inkledger[notebooks]'`.
"""

from ingest.errors import WarehouseMissing

try:
    from inkledger.charts import OTHER, USED, WASTED, bars, days, ranges, theme
    from inkledger.notebook import argument, as_of, connected, say, stop, table, whole_argument
    from inkledger.reading import connect, frame, is_outdated, literal, warehouse_path
    from inkledger.words import exact, percent, plain, ranged, usd
except ModuleNotFoundError as error:
    raise ImportError(
        f"`import inkledger` is for notebooks, and needs {error.name}: pip install "
        "'inkledger[notebooks]'. Programs record with `from ingest import OpenRouter, Recorder`.",
        name=error.name,
    ) from None

__all__ = [
    "OTHER",
    "USED",
    "WASTED",
    "WarehouseMissing",
    "argument",
    "as_of",
    "bars",
    "connect",
    "connected",
    "days",
    "exact",
    "frame",
    "is_outdated",
    "literal",
    "percent",
    "plain",
    "ranged",
    "ranges",
    "say",
    "stop",
    "table",
    "theme",
    "usd",
    "warehouse_path",
    "whole_argument",
]
