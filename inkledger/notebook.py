"""What a marimo notebook shows, and prints when it runs as a script."""

import atexit
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from os import PathLike
from typing import Any, Never

import duckdb
import marimo as mo
import polars as pl
from polars import _dependencies

from ingest.errors import WarehouseMissing
from inkledger.reading import connect, frame, is_outdated
from inkledger.words import count, plain, spoken, usd

_PAGE_SIZE = 10

# A cache of polars would keep classes of DuckDB beyond its end, which then says so at length when a
# script has finished.
atexit.register(_dependencies._might_be.cache_clear)  # noqa: SLF001


def connected(home: str | PathLike[str] | None = None) -> duckdb.DuckDBPyConnection:
    """`connect`, or the sentence that says why not in place of everything that needs it."""
    try:
        return connect(home)
    except WarehouseMissing as error:
        stop(str(error))


def stop(sentence: str) -> Never:
    """End here with a sentence: the cells below stay empty, a script exits with 1."""
    if _is_script():
        raise SystemExit(sentence)
    mo.stop(True, mo.callout(mo.md(plain(sentence)), kind="warn"))
    raise AssertionError  # `mo.stop` has raised.


def say(markdown: str) -> mo.Html:
    """Show an answer, and print it when the notebook runs as a script."""
    if _is_script():
        print(spoken(markdown))  # noqa: T201 - a script's results
    return mo.md(markdown)


def argument(name: str, choices: list[str] | None = None) -> str | None:
    """What `-- --name value` said when the notebook was started; null without it.

    Stops with a sentence if it is none of `choices`.
    """
    given = mo.cli_args().get(name)
    value = None if given in (None, "") else str(given)
    if value is not None and choices is not None and value not in choices:
        stop(f"--{name} {value} is not there; there is: {', '.join(choices) or 'nothing'}.")
    return value


def whole_argument(name: str, least: int, most: int, otherwise: int) -> int:
    """The same for a whole number from `least` to `most`."""
    given = argument(name)
    if given is None:
        return otherwise
    if not given.isdecimal() or not least <= int(given) <= most:
        stop(f"--{name} {given} is no whole number from {least:,} to {most:,}.")
    return int(given)


def as_of(ledger: duckdb.DuckDBPyConnection, home: str | PathLike[str] | None = None) -> mo.Html:
    """When what is shown was built, and whether a newer build has been published."""
    (state,) = frame(ledger, "select built_at, landed_at from fct_ledger_status").to_dicts()
    landed = f"; its newest rows landed {_moment(state['landed_at'])}" if state["landed_at"] else ""
    line = f"Figures of the build of **{_moment(state['built_at'])}**{landed}."
    if is_outdated(ledger, home):
        return mo.callout(mo.md(f"{line} A newer one is there: press *Read again*."), kind="info")
    return mo.md(line)


def table(
    rows: pl.DataFrame,
    figures: Callable[[Decimal | None], str] = usd,
    formats: dict[str, Callable[[Any], str]] | None = None,
    wrapped: Sequence[str] = (),
) -> Any:
    """Rows for people: money as `figures` writes it, names of columns in words.

    Text is one line that scrolls sideways, but in the columns `wrapped`.
    """
    words = {name: name.removesuffix("_usd").replace("_", " ") for name in rows.columns}
    words |= {name: f"{words[name]} USD" for name in rows.columns if name.endswith("_usd")}
    written = {
        words[name]: (formats or {}).get(name) or _writing(kind, figures)
        for name, kind in rows.schema.items()
    }
    return mo.ui.table(
        rows.rename(words),
        selection=None,
        pagination=len(rows) > _PAGE_SIZE,
        page_size=_PAGE_SIZE,
        show_column_summaries=False,
        show_data_types=False,
        format_mapping=dict(written),
        text_justify_columns={
            words[name]: "right" for name, kind in rows.schema.items() if kind.is_numeric()
        },
        wrapped_columns=[words[name] for name in wrapped],
    )


def _writing(kind: pl.DataType, figures: Callable[[Decimal | None], str]) -> Callable[[Any], str]:
    if isinstance(kind, pl.Decimal):
        return lambda amount: figures(amount).removesuffix(" USD")
    if kind.is_integer():
        return count
    if isinstance(kind, pl.Datetime):
        return lambda instant: "—" if instant is None else _moment(instant)
    return lambda value: "—" if value is None else str(value)


def _moment(instant: datetime) -> str:
    return f"{instant.day} {instant:%b %Y, %H:%M} UTC"


def _is_script() -> bool:
    return mo.app_meta().mode == "script"
