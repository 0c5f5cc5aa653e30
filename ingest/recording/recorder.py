"""The recorder: one row per attempt, begun before the request leaves and ended when it ends."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from ingest.clock import Clock, utc_now
from ingest.errors import BudgetExceeded, UsageError
from ingest.identifiers import new_id
from ingest.recording.attempt import Attempt
from ingest.recording.bus import EventBus
from ingest.recording.departure import depart
from ingest.recording.gate import Gate
from ingest.recording.jobs import JobQuestion
from ingest.recording.operations import Operation
from ingest.recording.segment import Durability
from ingest.recording.spool import Spool
from ingest.recording.transport import AsyncRecordingTransport, RecordingTransport
from ingest.settings import Home, Settings
from ingest.wire.request import OpenRouterAddress

if TYPE_CHECKING:
    import httpx

    from ingest.recording.later import LaterQuestions
    from ingest.records import CostCalculated

_logger = logging.getLogger(__name__)

OPERATION_EXTENSION = "inkledger"
"""Request extension of inkledger's own clients: endpoint, operation id and attempt number.

What carries it is recorded wherever it goes: a client may have another address than its recorder.
"""


class Recorder:
    """Records what passes to OpenRouter through its transports.

    `home` is the folder of the data (`INKLEDGER_HOME`, default `data/`), `base_url` OpenRouter's
    address (`OPENROUTER_BASE_URL`), `hosts` further ones that pass calls on to it. `budgets` may
    refuse a call before it is sent. With `durability="disk"` each call waits until the disk has
    its line, which then outlives a power cut; by default it outlives the process. A `settler`
    asks in the background what calls cost whose replies did not tell. Recording never breaks a
    call: what cannot be recorded is logged whole and counted in `failure_count` and
    `spool.unwritten_count`.
    """

    def __init__(
        self,
        home: Path | str | None = None,
        *,
        base_url: str | None = None,
        hosts: Sequence[str] = (),
        bus: EventBus | None = None,
        budgets: Sequence[Gate] = (),
        settler: "LaterQuestions | None" = None,
        durability: Durability = "process",
        clock: Clock = utc_now,
    ) -> None:
        settings = Settings()
        self.home = Home(Path(home) if home is not None else settings.home)
        self.bus = bus or EventBus()
        self.spool = Spool(self.home.spool, durability=durability)
        self.failure_count = 0
        self.clock = clock
        self.gates = tuple(budgets)
        self.settler = settler
        self.base_url = base_url or settings.openrouter_base_url
        self._address = OpenRouterAddress(self.base_url, hosts=hosts)
        for gate in self.gates:
            gate.attach(self)
        if settler is not None:
            settler.attach(self)

    def transport(self, inner: "httpx.BaseTransport | None" = None) -> RecordingTransport:
        """A transport around `inner`, by default the own one of the client that uses it.

        The client may be of httpx or of httpx2.
        """
        return RecordingTransport(self, inner)

    def async_transport(
        self, inner: "httpx.AsyncBaseTransport | None" = None
    ) -> AsyncRecordingTransport:
        """`transport` for asynchronous clients."""
        return AsyncRecordingTransport(self, inner)

    def begin(self, request: "httpx.Request") -> Attempt | JobQuestion | None:
        """Write the start of the attempt that `request` makes; `None` if it tells of no cost.

        Raises `BudgetExceeded` for a call that a budget refuses, and nothing else.
        """
        try:
            named = request.extensions.get(OPERATION_EXTENSION)
            if named is not None:
                endpoint, *operation = named
                return depart(self, request, endpoint, Operation(*operation))
            address = self._address.endpoint(request)
            if address is not None:
                return depart(self, request, address)
            job = self._address.job(request)
            return JobQuestion(self, request, job) if job is not None else None
        except BudgetExceeded:
            raise
        except Exception:
            self.count_failure(self.begin)
            return None

    def record_outcome(
        self, operation_id: str, outcome: Literal["accepted", "rejected"], reason: str | None = None
    ) -> None:
        """Say whether the result of an operation was used; the newest word counts.

        Raises `UsageError` for anything but `accepted` and `rejected`. `reason` is kept as it is:
        a word of yours, not the text of a reply.
        """
        decided = {"outcome_id": new_id(), "decided_at": self.clock(), "outcome": outcome}
        self._record("outcomes", {**decided, "operation_id": operation_id, "reason": reason})

    def describe_ebook(self, ebook_id: str, **what_is_known: Any) -> None:
        """Record title, kind, series, page_count, list_price_usd or royalty_rate of an ebook.

        Prices are `Decimal` USD, the rate 0 to 1. Raises `UsageError` for anything else.
        """
        row = {**what_is_known, "ebook_id": ebook_id, "recorded_at": self.clock()}
        self._record("ebooks", row)

    def finish_run(self, total: "CostCalculated") -> None:
        """Land a run's control total and publish it."""
        self.spool.append("control_totals", total)
        self.bus.publish(total)

    def guard(self, record: Callable[..., Any], *arguments: Any) -> Any:
        """Do a piece of recording for a call that must go on whatever becomes of it.

        It catches everything: a fault of ours must not cost a paid reply.
        """
        try:
            return record(*arguments)
        except Exception:
            self.count_failure(record)
            return None

    def count_failure(self, record: Callable[..., Any]) -> None:
        """Log the fault that is being handled and count it."""
        self.failure_count += 1
        _logger.exception("Recording failed in %s; the call goes on.", record.__qualname__)

    def close(self) -> None:
        """Leave what is written to `inkledger seal`; the recorder may be used again."""
        if self.settler is not None:
            self.guard(self.settler.close)
        self.spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _record(self, table_name: str, row: dict[str, Any]) -> None:
        # Loaded when it is needed: pydantic is most of what importing this package would take.
        from pydantic import ValidationError

        from ingest.records import TABLES, said_by

        try:
            record = TABLES[table_name].model_validate(row)
        except ValidationError as error:
            raise UsageError(f"Not recorded in {table_name}: {said_by(error)}.") from error
        self.spool.append(table_name, record)
