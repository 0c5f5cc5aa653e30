"""What a person must know, each in one sentence, and which of it they have not been told yet."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.errors import InkledgerError
from ingest.project import PROJECT
from ingest.settings import Home
from ingest.warehouse.findings import Finding
from ingest.warehouse.report import (
    SETTLED_BY_TIME,
    Row,
    read_anomalies,
    read_reconciliation,
    read_status,
)
from ingest.warehouse.tables import verdict

LAST_DAY = timedelta(hours=24)
YOUNG = ("under_1_hour", "1_hour_to_1_day")


class BudgetsUnread(InkledgerError):
    """Nobody can say how the budgets stand."""


@dataclass(frozen=True)
class Alert:
    """`kind` and `about` tell it apart: the same two are the same alert, however often seen."""

    kind: str
    about: str
    sentence: str
    is_new: bool = True

    @property
    def key(self) -> str:
        return f"{self.kind} {self.about}"


@dataclass(frozen=True)
class Found:
    """The alerts that stand, and what to remember of them."""

    alerts: tuple[Alert, ...]
    told: frozenset[str]
    unknown_count: int


def find_alerts(
    home: Home,
    *,
    failures: Mapping[str, str],
    warnings: Sequence[Finding] | None,
    unknown_count: int,
    told: frozenset[str],
    now: datetime,
) -> Found:
    """What stands after the steps of a sync.

    `failures` are the steps that failed and why; `warnings` those of the build, None if there was
    none. `unknown_count` and `told` are as of the last sync.
    """
    found = [
        Alert("step_failed", step, f"{step.capitalize()} failed: {why}")
        for step, why in failures.items()
    ]
    # What cannot be judged now stands as it did, and is no news when it can be again.
    unjudged: set[str] = set()
    if warnings is None:
        unjudged.add("build_warning")
    found += _of_warnings(warnings or ())
    unknown_now = unknown_count
    if not home.warehouse.exists():
        unjudged |= {"budget", "reconciliation", "unknown_costs", "anomaly"}
    else:
        try:
            found += _of_budgets(home)
        except BudgetsUnread as unread:
            unjudged.add("budget")
            found.append(Alert("budgets_unread", str(unread), str(unread)))
        unknown_now = _count_unknown(home)
        found += _of_unknown(unknown_now, unknown_count)
        found += _of_reconciliation(read_reconciliation(home.warehouse))
        found += _of_anomalies(read_anomalies(home.warehouse, now - LAST_DAY))
    kept = {key for key in told if key.split(" ", 1)[0] in unjudged}
    return Found(
        tuple(replace(alert, is_new=alert.key not in told) for alert in found),
        frozenset({alert.key for alert in found} | kept),
        unknown_now,
    )


def _of_warnings(warnings: Sequence[Finding]) -> Iterator[Alert]:
    for warning in warnings:
        yield Alert("build_warning", warning.name, f"The build warns: {warning.sentence()}.")


def _of_budgets(home: Home) -> Iterator[Alert]:
    """Each state of each budget once in its period. The rule is the dashboard's own."""
    if not (home.root / "budgets.toml").exists():
        return
    for budget in _ask_for_budgets(home):
        if budget["state"] != "within":
            about = f"{budget['name']}, {budget['since']}, {budget['state']}"
            yield Alert("budget", about, budget["sentence"])


def _ask_for_budgets(home: Home) -> list[Row]:
    # The app and ingest know nothing of each other but their commands.
    finished = subprocess.run(
        [sys.executable, "-m", "app.budgets_now"],
        cwd=PROJECT,
        env={**os.environ, "INKLEDGER_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        if "No module named" in finished.stderr:
            raise BudgetsUnread("How the budgets stand cannot be told: it takes inkledger[app].")
        why = (finished.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise BudgetsUnread(f"How the budgets stand cannot be told: {why.rstrip('.')}.")
    rows: list[Row] = json.loads(finished.stdout)
    return rows


def _count_unknown(home: Home) -> int:
    """Calls of unknown cost that are older than a day: younger ones are often settled by then."""
    ages = read_status(home.warehouse)["unknown_by_age"]
    return sum(
        age["unpriced_count"] + age["in_doubt_count"]
        for age in ages
        if age["age_band"] not in YOUNG
    )


def _of_unknown(count: int, before: int) -> Iterator[Alert]:
    if count > before:
        yield Alert(
            "unknown_costs",
            str(count),
            f"Calls of unknown cost that are older than a day have risen from {before:,} to "
            f"{count:,}: `inkledger report status` tells their ages.",
        )


def _of_reconciliation(reconciliation: Row) -> Iterator[Alert]:
    """News when another day, class or run differs; not when an amount grows."""
    if reconciliation["is_balanced"] is not False:
        return
    classes = {row["class"] for row in reconciliation["classes"]} - {"rounding"}
    balances = {row["difference_class"] for row in reconciliation["balances"]}
    runs = reconciliation["runs"]
    days = [day["date"] for day in reconciliation["days"]]
    about = (
        *sorted(classes | {f"balance {name}" for name in balances if name not in SETTLED_BY_TIME}),
        f"{runs['run_count'] - runs['agreed_count']} runs",
        max(days, default="no day"),
    )
    yield Alert(
        "reconciliation", ", ".join(about), f"Reconciliation is open: {verdict(reconciliation)}"
    )


def _of_anomalies(hours: Sequence[Row]) -> Iterator[Alert]:
    if not hours:
        return
    dearest = hours[0]
    many = "1 hour" if len(hours) == 1 else f"{len(hours)} hours"
    at = dearest["started_hour"][:16].replace("T", " ")
    yield Alert(
        "anomaly",
        max(hour["started_hour"] for hour in hours),
        f"{many} of the last day cost far more than usual, most at {at} UTC: {dearest['kind']} on "
        f"{dearest['canonical_model']} {dearest['cost_usd']} USD, usually "
        f"{dearest['usual_cost_usd']} USD.",
    )
