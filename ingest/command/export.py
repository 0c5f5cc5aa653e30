"""`inkledger export`: the ledger in the shape of others."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ingest.command.terminal import counted, remarks
from ingest.money import format_usd
from ingest.settings import Home, Settings

if TYPE_CHECKING:
    from ingest.warehouse.focus import FocusExport, Version


def _to_month(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """The beginning of a UTC month, as of 2026-04."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a month like 2026-04.") from None


def _to_instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """An instant, UTC where it names no zone; a day is its beginning."""
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is not an instant like 2026-04-08 or 2026-04-08T12:00Z."
        ) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


def _to_ebooks(_: click.Context, __: click.Parameter, value: Path | None) -> frozenset[str] | None:
    """The lines of a file that are not empty."""
    if value is None:
        return None
    try:
        return frozenset(filter(None, value.read_text("utf-8").split("\n")))
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{value} cannot be read: {error}.") from None


def _not_blank(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("it must not be empty.")
    return value


@click.group("export")
def export_group() -> None:
    """Write the ledger as files for other programs."""


@export_group.command("focus")
@click.option("--version", type=click.Choice(["1.4", "1.2"]), default="1.4", show_default=True)
@click.option(
    "--month", callback=_to_month, metavar="YYYY-MM", help="One UTC month. [default: all]"
)
@click.option(
    "--from", "since", callback=_to_instant, metavar="INSTANT", help="Charges that began from then."
)
@click.option(
    "--until", callback=_to_instant, metavar="INSTANT", help="Charges that began before then."
)
@click.option(
    "--ebooks",
    callback=_to_ebooks,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Calls of these ebooks alone, an id on each line.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["parquet", "csv", "both"]),
    default="both",
    show_default=True,
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="[default: exports in INKLEDGER_HOME]",
)
@click.option(
    "--billing-account",
    callback=_not_blank,
    metavar="ID",
    help="BillingAccountId. [default: openrouter]",
)
def export_as_focus(
    version: "Version",
    month: datetime | None,
    since: datetime | None,
    until: datetime | None,
    ebooks: frozenset[str] | None,
    file_format: Literal["parquet", "csv", "both"],
    output: Path | None,
    billing_account: str | None,
) -> None:
    """Write what the published warehouse says as FOCUS Cost and Usage.

    One row per attempt and meter, per purchase of credits and per day of untracked spend. Sum
    EffectiveCost for what work cost, BilledCost for what was paid.
    """
    from ingest.warehouse.focus import Selection, export_focus, month_of

    if month and (since or until):
        raise click.UsageError("--month is a time already: leave out --from and --until.")
    selection = month_of(month) if month else Selection(since, until)
    home = Home(Settings().home)
    with remarks().status("Exporting"):
        export = export_focus(
            home.warehouse,
            output or home.root / "exports",
            version=version,
            formats=("parquet", "csv") if file_format == "both" else (file_format,),
            selection=selection._replace(ebook_ids=ebooks),
            billing_account_id=billing_account,
        )
    for file in export.files:
        click.echo(file)
    for sentence in _say_what_is_in_it(export, has_purchases=ebooks is None):
        remarks().print(sentence, markup=False)


def _say_what_is_in_it(export: "FocusExport", *, has_purchases: bool) -> list[str]:
    usage, untracked, billed = map(
        format_usd, (export.usage_usd, export.untracked_usd, export.billed_usd)
    )
    rows = counted(export.row_count, "row", "rows")
    sentences = [f"{rows}: {usage} USD of calls, {untracked} untracked, {billed} for credits."]
    if export.unknown_count:
        attempts = counted(export.unknown_count, "attempt", "attempts")
        sentences.append(
            f"Of {attempts} nobody knows the cost yet: FOCUS allows no null, so EffectiveCost is 0"
            " there and x_LedgerCost empty."
        )
    if export.unlisted_count:
        unlisted = counted(export.unlisted_count, "row has", "rows have")
        sentences.append(
            f"{unlisted} no known list price, so that costs stand on the rows of the requests:"
            " `inkledger pull prices` lands prices."
        )
    if has_purchases and not export.purchase_count:
        sentences.append(
            "No purchase of credits is known for this time: `inkledger pull credits`, now and then,"
            " sees the next."
        )
    return sentences
