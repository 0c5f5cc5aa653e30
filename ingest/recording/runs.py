"""One run of a producer over one ebook, summed as it happens: the control total."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from ingest.clock import Clock, utc_now
from ingest.identifiers import UNATTRIBUTED, new_id
from ingest.money import format_usd
from ingest.recording.attribution import attribute, belonging_to
from ingest.recording.fork_lock import ForkLock

if TYPE_CHECKING:
    from ingest.records import CostCalculated


class RunLedger(Protocol):
    """Where a finished run's control total goes; the `Recorder` is one."""

    def finish_run(self, total: "CostCalculated") -> None: ...


@dataclass
class _Total:
    attempt_count: int = 0
    unpriced_count: int = 0
    cost_usd: Decimal = Decimal(0)

    def add(self, spend_usd: Decimal | None) -> None:
        self.attempt_count += 1
        if spend_usd is None:
            self.unpriced_count += 1
        else:
            self.cost_usd += spend_usd


class Run:
    """Collects the attempts made under one `run_id`, from any thread or task."""

    def __init__(self, ebook_id: str, ledger: RunLedger | None, clock: Clock) -> None:
        self.run_id = new_id()
        self.ebook_id = ebook_id
        self.ledger = ledger
        self._clock = clock
        self._started_at = clock()
        self._stages: defaultdict[str, _Total] = defaultdict(_Total)
        self._lock = ForkLock()

    def report_to(self, ledger: RunLedger) -> None:
        """Name where the total will land; the first to be named stays."""
        with self._lock:
            self.ledger = self.ledger or ledger

    def add(self, stage: str | None, spend_usd: Decimal | None) -> None:
        """Count one ended attempt; `None` is what nobody has said yet."""
        with self._lock:
            self._stages[stage or UNATTRIBUTED].add(spend_usd)

    def total(self) -> "CostCalculated":
        """What the attempts so far reported, per stage and in all."""
        # Loaded when a run ends: pydantic is most of what importing this package would take.
        from ingest.records import CostCalculated

        with self._lock:
            stages = {stage: replace(total) for stage, total in sorted(self._stages.items())}
        return CostCalculated(
            run_id=self.run_id,
            ebook_id=self.ebook_id,
            attempt_count=sum(total.attempt_count for total in stages.values()),
            unpriced_count=sum(total.unpriced_count for total in stages.values()),
            cost_usd=sum((total.cost_usd for total in stages.values()), Decimal(0)),
            stage_totals=json.dumps({stage: _as_json(total) for stage, total in stages.items()}),
            started_at=self._started_at,
            finished_at=self._clock(),
        )


@contextmanager
def production_run(
    *, ebook_id: str, ledger: RunLedger | None = None, clock: Clock = utc_now
) -> Iterator[Run]:
    """Make one ebook: calls inside carry its id and a new `run_id`.

    When it ends, by an error too, `CostCalculated` is published and lands as a control total
    through `ledger` (a `Recorder`), by default the recorder of the first call made inside.
    """
    for_ebook = attribute(ebook_id=ebook_id)  # Refuses a bad id before anything has begun.
    run = Run(ebook_id, ledger, clock)
    try:
        with belonging_to(run), for_ebook:
            yield run
    finally:
        if run.ledger is not None:
            run.ledger.finish_run(run.total())


def _as_json(total: _Total) -> dict[str, int | str]:
    return {
        "attempt_count": total.attempt_count,
        "unpriced_count": total.unpriced_count,
        "cost_usd": format_usd(total.cost_usd),
    }
