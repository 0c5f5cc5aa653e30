"""`inkledger import` and `inkledger pull`: the provider's own records.

Commands import what they work with when they run: the others should not wait for it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.clock import utc_now
from ingest.command.terminal import counted, format_option, progress, remarks
from ingest.settings import Home, Settings

if TYPE_CHECKING:
    from ingest.lake import Lake
    from ingest.pull.generations import GenerationsResult
    from ingest.pull.result import PullResult


@click.group("import")
def import_group() -> None:
    """Bring in records that were made elsewhere."""


@import_group.command("activity")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    help="What the calls were for. Default: attribution.toml in INKLEDGER_HOME, if it is there.",
)
@click.option("--dry-run", is_flag=True, help="Say what would land, and land nothing.")
@format_option("table", "json")
def activity_exports(
    files: tuple[Path, ...], rules: Path | None, dry_run: bool, output_format: str
) -> None:
    """Import OpenRouter's activity exports.

    Per call or per day: their header tells which. Importing a file again changes nothing.
    """
    from ingest.imports.activity import import_activity
    from ingest.imports.attribution_rules import default_rules_path, load_rules
    from ingest.imports.rehearsal import Rehearsal
    from ingest.lake import Lake, naming_spoilt_files

    home = Home(Settings().home)
    attribution = load_rules(rules or default_rules_path(home))
    with naming_spoilt_files((Rehearsal if dry_run else Lake)(home.lake)) as lake:
        result = import_activity(files, lake, rules=attribution, landed_at=utc_now())
    if output_format == "json":
        click.echo(json.dumps(result.as_json()))
        return
    for warning in result.warnings:
        remarks().print(f"Warning: {warning}", markup=False, soft_wrap=True)
    for file in result.files:
        click.echo(file.summary)
    click.echo(
        "Nothing of it has landed: this was a dry run."
        if dry_run
        else "`inkledger build` brings it into the reports."
    )


@click.group("pull")
def pull_group() -> None:
    """Ask OpenRouter for its own records."""


@pull_group.command("settlements")
def settlements() -> None:
    """What calls cost whose replies did not say so: cancelled, cut, killed."""
    from ingest.pull.ordered import order_settlements

    settings = Settings()
    with progress("Settling") as report:
        result = order_settlements(settings, report)
    _say(result, "settlement", "settlements")
    _say_what_is_left(result, can_search=settings.openrouter_management_key is not None)


def _say_what_is_left(result: "PullResult", *, can_search: bool) -> None:
    if result.found_count:
        found = counted(result.found_count, "of them is a call", "of them are calls")
        click.echo(f"{found} that had died without an id.")
    if result.not_yet_known:
        unknown = counted(len(result.not_yet_known), "is", "are")
        remarks().print(f"{unknown} not known to OpenRouter yet; ask again later.")
    if result.refused:
        refused = counted(len(result.refused), "belongs", "belong")
        remarks().print(f"{refused} to another account's key.")
    lost = counted(result.lost_count, "call", "calls")
    if result.lost_count and can_search:
        remarks().print(
            f"{lost} died without an id and OpenRouter has no record of "
            f"{'it' if result.lost_count == 1 else 'them'}: "
            "not billed, or not on record yet."
        )
    elif result.lost_count:
        remarks().print(
            f"{lost} died without an id: set OPENROUTER_MANAGEMENT_KEY to have "
            f"{'it' if result.lost_count == 1 else 'them'} looked for."
        )


@pull_group.command("prices")
def prices() -> None:
    """What every model is listed at now, and at each provider of the models in use.

    The history is kept. What models cost before the first pull comes from genai-prices, without
    asking anybody.
    """
    from ingest.lake import Lake, naming_spoilt_files
    from ingest.pull.ordered import order_prices

    settings = Settings()
    with naming_spoilt_files(Lake(Home(settings.home).lake)) as lake:
        _land_earlier_prices(lake)
    _say(order_prices(settings), "model price", "model prices")


def _land_earlier_prices(lake: "Lake") -> None:
    try:
        from ingest.pull.earlier_prices import land_earlier_prices
    except ModuleNotFoundError:
        remarks().print("Prices of before the first pull need inkledger[warehouse].", markup=False)
        return
    earlier = land_earlier_prices(lake)
    if earlier.landed_count:
        _say(earlier, "earlier price, of genai-prices", "earlier prices, of genai-prices")


@pull_group.command("activity")
def activity() -> None:
    """OpenRouter's own sums of the last thirty completed UTC days (needs a management key).

    Where they count otherwise than the ledger, the day's generations as well, one by one.
    """
    from ingest.pull.ordered import order_activity

    result, generations = order_activity(Settings())
    _say(result, "sum of a day and model", "sums of a day and model")
    _say_generations(generations)


def _say_generations(result: "GenerationsResult") -> None:
    if result.asked_days:
        click.echo(
            f"Landed {result.landed_count:,} generations of {len(result.asked_days)} days on which"
            " OpenRouter counts otherwise than the ledger."
        )
    if result.days_too_large:
        remarks().print(
            f"{len(result.days_too_large)} days have too many requests to be asked for one by one;"
            " they are compared by model and key."
        )


@pull_group.command("credits")
def account_balance() -> None:
    """What the account and its keys have used in all: each pull is compared with the last.

    With OPENROUTER_MANAGEMENT_KEY the account and every key, else the one in OPENROUTER_API_KEY.
    """
    from ingest.pull.ordered import order_balances

    _say(order_balances(Settings()), "balance", "balances")


@pull_group.command("fx")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def exchange_rates(files: tuple[Path, ...]) -> None:
    """What USD bought, from files: nothing is asked of anybody.

    Takes the European Central Bank's eurofxref-hist.csv and eurofxref.csv, and a CSV with
    date,currency,rate (units of the currency for one USD). The same file again changes nothing.
    """
    from ingest.imports.exchange_rates import import_exchange_rates
    from ingest.lake import Lake

    lake = Lake(Home(Settings().home).lake)
    for path in files:
        landed = import_exchange_rates(path, lake, landed_at=utc_now())
        what = f"{landed.rate_count:,} rates from {landed.first_date} to {landed.last_date}"
        is_known = "" if landed.is_new else ", landed before"
        click.echo(f"{landed.name}: {what}{is_known}.")
    click.echo("`inkledger build` brings them into the marts.")


def _say(result: "PullResult", one: str, many: str) -> None:
    click.echo(f"Landed {counted(result.landed_count, one, many)}.")
    if result.quarantined_count:
        answers = counted(result.quarantined_count, "answer", "answers")
        remarks().print(f"{answers} cannot be read: see quarantine.")
