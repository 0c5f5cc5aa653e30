"""`inkledger seal`, `compact`, `build`, `report`, `reprice`, `estimate` and `serve`."""

import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Literal

import click
from rich.filesize import decimal

from ingest.command.dashboard import ADDRESS, serve_dashboard
from ingest.command.extras import require
from ingest.command.terminal import format_option, remarks
from ingest.errors import UsageError
from ingest.settings import Home, Settings

Format = Literal["table", "json", "csv"]


REPORTS = ("status", "ebooks", "stages", "reconciliation")


def _to_limit(_: click.Context, __: click.Parameter, value: str | None) -> Decimal | None:
    """A decimal number from 0 on, as it was written."""
    if value is None:
        return None
    try:
        limit = Decimal(value)
    except InvalidOperation:
        raise click.BadParameter(f"{value!r} is not a number like 0.25.") from None
    if not (limit.is_finite() and 0 <= limit < 1_000_000):
        raise click.BadParameter(f"{value} is not between 0 and 1,000,000.")
    return limit


@click.command("seal")
def seal_spool() -> None:
    """Land what has been recorded as Parquet.

    Takes the segments whose process closed them or died; the others stay for the next time.
    """
    from ingest.seal import seal

    home = Home(Settings().home)
    result = seal(home)
    rows = ", ".join(f"{count} {name}" for name, count in sorted(result.row_counts.items()))
    click.echo(f"Sealed {result.sealed_count} segments ({rows or 'no rows'}).")
    _say_what_is_open(result.open_count)


@click.command("compact")
@click.option("--today", is_flag=True, help="The files of today, too.")
def compact_lake(today: bool) -> None:
    """Merge the many small files of each past day into few.

    Nothing is lost or changed by it, and builds read faster.
    """
    from ingest.compact import compact

    result = compact(Home(Settings().home), up_to_now=today)
    saved = f"{decimal(result.bytes_before)} to {decimal(result.bytes_after)}"
    click.echo(f"Compacted {result.before} files into {result.after} ({saved}).")


@click.command()
@click.option("--full-refresh", is_flag=True, help="Build everything from the lake again.")
@click.option(
    "--max-cost-per-accepted-page",
    callback=_to_limit,
    metavar="USD",
    help="Publish nothing if a page of an ebook cost more.",
)
@click.option(
    "--max-rise",
    callback=_to_limit,
    metavar="PERCENT",
    help="Publish nothing if a page of the newest month cost so much more than before.",
)
def build(
    full_refresh: bool, max_cost_per_accepted_page: Decimal | None, max_rise: Decimal | None
) -> None:
    """Seal, run dbt, publish if every test passed."""
    from ingest.seal import seal

    home = Home(Settings().home)
    sealed = seal(home)
    limits = {
        "max_cost_per_accepted_page_usd": max_cost_per_accepted_page,
        "max_rise_percent": max_rise,
    }
    build_and_say(
        home,
        full_refresh=full_refresh,
        limits={name: limit for name, limit in limits.items() if limit is not None},
    )
    _say_what_is_open(sealed.open_count)


@click.command()
@click.argument("name", type=click.Choice(REPORTS), metavar="|".join(REPORTS))
@click.option("--ebook", "ebook_id", help="One ebook only (for ebooks and stages).")
@format_option("table", "json", "csv")
def report(name: str, ebook_id: str | None, output_format: Format) -> None:
    """Print what the published warehouse says.

    Tables are for people, JSON and CSV for programs; money is a decimal string there.
    """
    print_report(Home(Settings().home), name, output_format, ebook_id)


@click.command("estimate")
@click.option("--kind", required=True, help="Kind of ebook, as coloring_book.")
@click.option("--pages", "page_count", required=True, type=click.IntRange(1, 10_000))
@click.option("--model", help="Only from ebooks of which a stage was made with this model.")
@format_option("table", "json", "csv")
def estimate_ebook(kind: str, page_count: int, model: str | None, output_format: Format) -> None:
    """What an ebook will probably cost, from the finished ones of its kind."""
    from ingest.warehouse.estimate import estimate
    from ingest.warehouse.tables import print_estimate

    warehouse = Home(Settings().home).warehouse
    print_estimate(estimate(warehouse, kind, page_count, model), output_format, sys.stdout)


@click.command("reprice")
@click.option("--dry-run", is_flag=True, help="Say what a build would change, and change nothing.")
@format_option("table", "json", "csv")
def reprice_attempts(dry_run: bool, output_format: Format) -> None:
    """Show what changed rules or late prices would change before `build` does it.

    Builds the lake anew in a scratch folder (of TMPDIR) and compares every attempt with what is
    published. What only the spool has yet is not in it.
    """
    if not dry_run:
        raise UsageError(
            "`inkledger build` reprices; `inkledger reprice --dry-run` shows before what it would "
            "change."
        )
    from ingest.warehouse import tables
    from ingest.warehouse.reprice import reprice

    with remarks().status("Building the warehouse elsewhere"):
        repricing = reprice(Home(Settings().home))
    tables.print_repricing(repricing, output_format, sys.stdout)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option(
    "--address", default=ADDRESS, show_default=True, help="Another one takes a configured sign-in."
)
@click.option(
    "--allow-import",
    is_flag=True,
    help="Let whoever opens the dashboard import activity exports; with a sign-in, editors.",
)
def serve(port: int, address: str, allow_import: bool) -> None:
    """Serve the dashboard: on this machine, or to those who sign in."""
    serve_dashboard(Home(Settings().home), port, address=address, allow_import=allow_import)


def build_and_say(
    home: Home, *, full_refresh: bool = False, limits: Mapping[str, Decimal] | None = None
) -> None:
    """Build and publish, with what the tests found in the data on stderr."""
    require("dbt")
    from ingest.warehouse.build import build_warehouse

    console = remarks()
    with console.status("Building the warehouse"):
        built = build_warehouse(home, full_refresh=full_refresh, variables=limits or {})
    for finding in built.warnings:
        console.print(f"Warning: {finding.sentence()}.", markup=False)
    console.print(f"Built {built.model_count} models, passed {built.test_count} tests, published.")


def print_report(
    home: Home, name: str, output_format: Format = "table", ebook_id: str | None = None
) -> None:
    """Print one report of the published warehouse to stdout."""
    if ebook_id is not None and name not in ("ebooks", "stages"):
        raise UsageError(f"--ebook goes with ebooks and stages, not with {name}.")
    # Here, not above: DuckDB is not needed, nor installed everywhere, to record and to seal.
    from ingest.warehouse import report as read
    from ingest.warehouse import tables

    warehouse = home.warehouse
    match name:
        case "status":
            tables.print_status(read.read_status(warehouse), output_format, sys.stdout)
        case "ebooks":
            ebooks = read.read_ebooks(warehouse, ebook_id)
            tables.print_ebooks(ebooks, output_format, sys.stdout)
        case "stages":
            stages = read.read_stages(warehouse, ebook_id)
            tables.print_stages(stages, output_format, sys.stdout)
        case "reconciliation":
            days = read.read_reconciliation(warehouse)
            tables.print_reconciliation(days, output_format, sys.stdout)


def _say_what_is_open(segment_count: int) -> None:
    if segment_count:
        programs = (
            "1 running program" if segment_count == 1 else f"{segment_count} running programs"
        )
        remarks().print(
            f"Not in it yet: what {programs} recorded last. It comes when they record again a"
            " minute later, close their recorder, or end."
        )
