"""inkledger's ledger as a Dagster asset, brought up to date every hour."""

import json
import os
import subprocess

import dagster as dg

INKLEDGER = os.environ.get("INKLEDGER_COMMAND", "/srv/inkledger/.venv/bin/inkledger")


@dg.asset(group_name="inkledger", description="What was spent at OpenRouter, as published.")
def ledger(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    synced = subprocess.run(
        [INKLEDGER, "sync", "--format", "json"], capture_output=True, text=True, check=False
    )
    if synced.stderr:
        context.log.warning(synced.stderr)
    if synced.returncode:
        raise dg.Failure(synced.stderr.strip(), allow_retries=False)
    summary = json.loads(synced.stdout)
    return dg.MaterializeResult(
        metadata={
            # As text: a number would be a float.
            "cost_usd": dg.MetadataValue.text(summary["cost_usd"]),
            "attempt_count": summary["attempt_count"],
            "steps": dg.MetadataValue.json(summary["steps"]),
            "alerts": dg.MetadataValue.json(summary["alerts"]),
        }
    )


inkledger_sync = dg.define_asset_job("inkledger_sync", selection=[ledger])
definitions = dg.Definitions(
    assets=[ledger],
    jobs=[inkledger_sync],
    schedules=[
        dg.ScheduleDefinition(
            job=inkledger_sync, cron_schedule="7 * * * *", execution_timezone="UTC"
        )
    ],
)
