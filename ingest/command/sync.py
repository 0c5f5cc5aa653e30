"""`inkledger sync`: what a schedule needs, in one command that may be repeated at any time."""

import json
import sys
from typing import TYPE_CHECKING

import click

from ingest.command.extras import require
from ingest.command.terminal import format_option, remarks
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.sync.run import SyncResult


@click.command("sync")
@click.option(
    "--webhook",
    envvar="INKLEDGER_WEBHOOK",
    metavar="URL",
    help="Post new alerts there as JSON. Rather in INKLEDGER_WEBHOOK: commands can be seen.",
)
@format_option("table", "json")
@click.pass_context
def sync(context: click.Context, webhook: str | None, output_format: str) -> None:
    """Seal, pull, build, publish, alert: for a schedule.

    Pulls settlements, prices (once a UTC day), activity and credits. A step that fails keeps no
    later one from running, and one that has no key is skipped. The exit code is 0 if none failed,
    1 if one did, 75 if another sync is running. Alerts do not change it: new ones are on stderr,
    all that stand in the JSON.
    """
    require("dbt")
    from ingest.sync.run import run_sync
    from ingest.sync.webhook import require_address

    if webhook:
        require_address(webhook)
    with remarks().status("Syncing"):
        result = run_sync(Settings(), webhook=webhook)
    if output_format == "json":
        click.echo(json.dumps(result.as_json(), indent=2, ensure_ascii=False))
    else:
        _print(result)
    for step in result.steps:
        if step.status == "failed":
            _remark(f"{step.name.capitalize()} failed: {step.message}")
    for alert in result.alerts:
        if alert.is_new and alert.kind != "step_failed":
            _remark(f"Alert: {alert.sentence}")
    context.exit(1 if result.has_failed else 0)


def _print(result: "SyncResult") -> None:
    from ingest.warehouse.tables import print_sync

    print_sync(result.as_json(), sys.stdout)


def _remark(sentence: str) -> None:
    remarks().print(sentence, markup=False)
