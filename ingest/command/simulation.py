"""`inkledger demo` and `inkledger simulate`."""

import math
from decimal import Decimal

import click

from ingest.command.dashboard import serve_dashboard
from ingest.command.terminal import progress, results
from ingest.command.warehouse import build_and_say, print_report
from ingest.money import format_usd
from ingest.settings import Home, Settings


@click.command()
@click.option("--ebooks", type=click.IntRange(1, 200), default=12, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same bill.")
@click.option("--no-serve", is_flag=True, help="Stop after the table of books.")
def demo(ebooks: int, seed: int, no_serve: bool) -> None:
    """Make books on a simulated OpenRouter, show their cost.

    Everything but OpenRouter is real: HTTP, client, lake, dbt, dashboard.
    """
    # Here, not above: the other commands need neither the server nor its libraries.
    from ingest.demo.books import choose_books
    from ingest.demo.run import (
        DemoClock,
        begin_afresh,
        produce_history,
        pull_records,
        settle,
        write_bill,
    )
    from ingest.simulator.server import running_simulator

    home = Home(Settings().home)
    begin_afresh(home)
    books = choose_books(ebooks, seed)
    clock = DemoClock()
    with running_simulator(seed=seed, faults="some", clock=clock) as simulator:
        with progress("Producing") as report:
            produce_history(home, books, simulator.base_url, clock, report)
        with progress("Settling") as report:
            settle(home, simulator.base_url, clock, report)
        pull_records(home, simulator.base_url, clock)
        bill = simulator.bill()
    write_bill(home, bill)
    build_and_say(home)
    print_report(home, "ebooks", "table")
    _compare_with_bill(home, Decimal(bill["total_usd"]))
    if not no_serve:
        serve_dashboard(home)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option(
    "--faults", type=click.Choice(["none", "some", "many"]), default="none", show_default=True
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.0,
    callback=lambda _context, _option, seconds: _finite(seconds),
    help="Seconds before an answer.",
)
def simulate(port: int, seed: int, faults: str, latency: float) -> None:
    """Run a simulated OpenRouter for tests.

    Prints its base URL on the first line; its true bill is at /simulator/bill. Ctrl-C ends it.
    """
    from ingest.simulator.server import serve

    serve(port, seed, faults, latency, announce=lambda url: click.echo(url))


def _finite(seconds: float) -> float:
    if not math.isfinite(seconds):
        raise click.BadParameter(f"{seconds} is no number of seconds.")
    return seconds


def _compare_with_bill(home: Home, billed_usd: Decimal) -> None:
    from ingest.warehouse.report import read_status

    ledger_usd = Decimal(read_status(home.warehouse)["cost_usd"])
    verdict = "equal to the last digit" if ledger_usd == billed_usd else "NOT EQUAL"
    results().print(
        f"Ledger {format_usd(ledger_usd)} USD, true bill {format_usd(billed_usd)} USD: {verdict}."
    )
    if ledger_usd != billed_usd:
        raise click.ClickException("the demo's ledger does not equal the bill")
