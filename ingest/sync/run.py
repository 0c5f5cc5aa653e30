"""One sync: seal, pull, build, publish, alert. Each step runs, whatever became of the others."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ingest.clock import Clock, utc_now
from ingest.errors import KeyMissing, SyncRunning, WarehouseMissing, sentence_of
from ingest.lake import Lake, naming_spoilt_files
from ingest.pull.earlier_prices import land_earlier_prices
from ingest.pull.ordered import (
    order_activity,
    order_balances,
    order_prices,
    order_settlements,
)
from ingest.seal import seal
from ingest.settings import Home, Settings
from ingest.sync.alerts import Alert, find_alerts
from ingest.sync.state import load_state, save_state
from ingest.sync.webhook import post_alerts
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.findings import Finding
from ingest.warehouse.lock import held
from ingest.warehouse.report import read_status

logger = logging.getLogger(__name__)

Counts = Mapping[str, int]


class Skipped(Exception):
    """A step has nothing to do; the sentence says why."""


@dataclass(frozen=True)
class Step:
    """What became of one step. Times are in seconds."""

    name: str
    status: Literal["done", "skipped", "failed"]
    seconds: float
    counts: Counts
    message: str | None
    """Why it was skipped or failed, in one sentence."""


@dataclass(frozen=True)
class SyncResult:
    """Every step, the ledger that is published now, and the alerts that stand."""

    started_at: datetime
    steps: tuple[Step, ...]
    cost_usd: str | None
    """The ledger's total as a decimal string; null while nothing is published."""
    attempt_count: int | None
    alerts: tuple[Alert, ...]

    @property
    def has_failed(self) -> bool:
        return any(step.status == "failed" for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """The summary of `inkledger sync --format json`."""
        return {
            "status": "failed" if self.has_failed else "done",
            "started_at": self.started_at.isoformat(),
            "seconds": round(sum(step.seconds for step in self.steps), 3),
            "steps": [
                {**vars(step), "counts": dict(step.counts), "seconds": round(step.seconds, 3)}
                for step in self.steps
            ],
            "cost_usd": self.cost_usd,
            "attempt_count": self.attempt_count,
            "alerts": [vars(alert) for alert in self.alerts],
        }


def run_sync(
    settings: Settings, *, webhook: str | None = None, clock: Clock = utc_now
) -> SyncResult:
    """Do what a schedule needs, once. Raises `SyncRunning` while another does it."""
    home = Home(settings.home)
    refused = SyncRunning(
        f"Another sync is running in {home.root}; it does what this one would have done."
    )
    with held(home, "sync.lock", refused):
        return _Sync(settings, home, webhook, clock).run()


class _Sync:
    """What the steps of one sync know of each other."""

    def __init__(self, settings: Settings, home: Home, webhook: str | None, clock: Clock) -> None:
        self.settings, self.home, self.webhook = settings, home, webhook
        self.now = clock()
        self.before = load_state(home)
        self.after = replace(self.before)
        self.warnings: tuple[Finding, ...] | None = None
        self.alerts: tuple[Alert, ...] = ()
        self.steps: list[Step] = []

    def run(self) -> SyncResult:
        for name, work in (
            ("seal", self.seal),
            ("pull settlements", self.pull_settlements),
            ("pull prices", self.pull_prices),
            ("pull activity", self.pull_activity),
            ("pull credits", self.pull_credits),
            ("build", self.build),
            ("alert", self.alert),
        ):
            self.steps.append(_do(name, work))
        try:
            status = read_status(self.home.warehouse)
        except WarehouseMissing:
            status = {}
        return SyncResult(
            started_at=self.now,
            steps=tuple(self.steps),
            cost_usd=status.get("cost_usd"),
            attempt_count=status.get("attempt_count"),
            alerts=self.alerts,
        )

    def seal(self) -> Counts:
        sealed = seal(self.home)
        return {
            "sealed_segments": sealed.sealed_count,
            "open_segments": sealed.open_count,
            "rows": sealed.row_counts.total(),
        }

    def pull_settlements(self) -> Counts:
        settled = order_settlements(self.settings)
        return {
            "landed": settled.landed_count,
            "quarantined": settled.quarantined_count,
            "not_yet_known": len(settled.not_yet_known),
            "refused": len(settled.refused),
            "lost": settled.lost_count,
        }

    def pull_prices(self) -> Counts:
        today = self.now.date()
        if self.before.prices_date == today:
            raise Skipped("They were asked for on this UTC day already.")
        with naming_spoilt_files(Lake(self.home.lake)) as lake:
            earlier = land_earlier_prices(lake)
        listed = order_prices(self.settings)
        self.after = replace(self.after, prices_date=today)
        return {
            "landed": listed.landed_count,
            "quarantined": listed.quarantined_count,
            "earlier": earlier.landed_count,
        }

    def pull_activity(self) -> Counts:
        days, generations = order_activity(self.settings)
        return {
            "landed": days.landed_count,
            "quarantined": days.quarantined_count,
            "generations": generations.landed_count,
        }

    def pull_credits(self) -> Counts:
        balances = order_balances(self.settings)
        return {"landed": balances.landed_count, "quarantined": balances.quarantined_count}

    def build(self) -> Counts:
        built = build_warehouse(self.home)
        self.warnings = built.warnings
        return {
            "models": built.model_count,
            "tests": built.test_count,
            "warnings": len(built.warnings),
        }

    def alert(self) -> Counts:
        """Say what is new. What could not be posted is new again for the next sync."""
        failures = {step.name: step.message or "" for step in self.steps if step.status == "failed"}
        found = find_alerts(
            self.home,
            failures=failures,
            warnings=self.warnings,
            unknown_count=self.before.unknown_count,
            told=self.before.told,
            now=self.now,
        )
        self.alerts = found.alerts
        new = [alert for alert in self.alerts if alert.is_new]
        # First what has nothing to do with alerts: a webhook that is down must not lose it.
        save_state(self.home, self.after)
        if new and self.webhook:
            post_alerts(self.webhook, new)
        save_state(
            self.home, replace(self.after, told=found.told, unknown_count=found.unknown_count)
        )
        return {"standing": len(self.alerts), "new": len(new)}


def _do(name: str, work: Callable[[], Counts]) -> Step:
    began = time.monotonic()
    counts: Counts = {}
    status: Literal["done", "skipped", "failed"] = "done"
    message = None
    try:
        counts = work()
    except (KeyMissing, Skipped) as nothing:
        status, message = "skipped", str(nothing)
    except Exception as error:  # Nothing of one step may keep the others from running.
        status, message = "failed", sentence_of(error)
        logger.debug("%s failed", name, exc_info=True)
    return Step(name, status, time.monotonic() - began, counts, message)
