"""`inkledger import legacy`: the tables of the old back office."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Table

from ingest.command.terminal import format_option, progress, results
from ingest.errors import UsageError
from ingest.money import format_usd
from ingest.settings import Home, Settings

if TYPE_CHECKING:
    from ingest.imports.legacy_result import LegacyResult

_MOST_SUMS = 20


@click.command("legacy")
@click.option(
    "--dsn",
    required=True,
    help="The database, as postgresql://user@host/database. Leave the password to PGPASSWORD or "
    "~/.pgpass: others see the arguments of a command.",
)
@click.option("--schema", default="public", show_default=True, help="Where the two tables are.")
@click.option(
    "--source",
    help="What this back office is called here. Default: the names of its database and schema.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="What old ebooks and requests are called here. Default: legacy.toml in INKLEDGER_HOME, "
    "if it is there.",
)
@click.option(
    "--until",
    metavar="INSTANT",
    help="Leave alone what is dated at this instant or later, UTC without an offset.",
)
@click.option("--dry-run", is_flag=True, help="Say what would land, and land nothing.")
@format_option("table", "json")
def legacy_database(
    dsn: str,
    schema: str,
    source: str | None,
    mapping: Path | None,
    until: str | None,
    dry_run: bool,
    output_format: str,
) -> None:
    """Import token_usages and image_usages of the old back office (PostgreSQL).

    Only reads there. Importing again adds what is new; killed, it goes on. At its end it compares
    what each request and each ebook cost there and here.
    """
    result = _import(dsn, schema, source, mapping, _instant(until), dry_run=dry_run)
    if output_format == "json":
        click.echo(json.dumps(result.as_json()))
        return
    for table in result.tables:
        click.echo(table.summary)
    if dry_run:
        click.echo("Nothing of it has landed: this was a dry run.")
        return
    _print_sums(result)
    click.echo(result.verdict)
    click.echo("`inkledger build` brings it into the reports.")


def _import(
    dsn: str,
    schema: str,
    source: str | None,
    mapping: Path | None,
    until: datetime | None,
    *,
    dry_run: bool,
) -> "LegacyResult":
    from ingest.imports.back_office import open_back_office
    from ingest.imports.legacy import import_legacy
    from ingest.imports.legacy_mapping import default_mapping_path, load_mapping
    from ingest.imports.recorded_requests import recorded_requests
    from ingest.imports.rehearsal import Rehearsal
    from ingest.lake import Lake, naming_spoilt_files
    from ingest.seal import seal

    home = Home(Settings().home)
    path = mapping or default_mapping_path(home)
    names = load_mapping(path) if path else None
    if not dry_run:
        seal(home)
    with (
        naming_spoilt_files((Rehearsal if dry_run else Lake)(home.lake)) as lake,
        open_back_office(dsn, schema) as office,
        progress("Importing") as report,
    ):
        return import_legacy(
            office,
            lake,
            name=source,
            names=names,
            recorded=recorded_requests(lake, home.spool),
            until=until,
            is_compared=not dry_run,
            progress=report,
        )


def _instant(text: str | None) -> datetime | None:
    from ingest.imports.cells import UnreadableCell, read_instant

    if text is None:
        return None
    try:
        if (instant := read_instant(text)) is not None:
            return instant
    except UnreadableCell as problem:
        raise UsageError(f"--until: {problem}.") from None
    raise UsageError("--until is empty: give a day or an instant, as 2026-04-01T12:00.")


def _print_sums(result: "LegacyResult") -> None:
    for what, comparison in result.comparisons.items():
        differing = comparison.differing()
        if not differing and what == "requests":
            continue  # There are many, and the last line says that they are equal.
        rows = differing or list(comparison)
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column(what.capitalize(), overflow="fold")
        for head in ("Calls there", "here", "USD there", "here"):
            table.add_column(head, justify="right", no_wrap=True)
        if differing:
            table.add_column("Why")
        for row in rows[:_MOST_SUMS]:
            usd = (_six_places(row.source_usd), _six_places(row.ledger_usd))
            why = [result.why(what, row)] if differing else []
            counts = (f"{row.source_row_count:,}", f"{row.ledger_row_count:,}")
            table.add_row(row.name or "unattributed", *counts, *usd, *why)
        results().print(table)
        if len(rows) > _MOST_SUMS:
            click.echo(f"… and {len(rows) - _MOST_SUMS:,} more; --format json has all of them.")


def _six_places(amount: Decimal | None) -> str:
    if amount is None:
        return "–"
    whole, _, places = format_usd(amount).partition(".")
    return f"{whole}.{places:0<6}"
