"""The recorder: one row per attempt, begun before the request leaves and ended when it ends."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

import httpx
from pydantic import ValidationError

from ingest.clock import Clock, utc_now
from ingest.errors import UsageError
from ingest.identifiers import new_id
from ingest.recording.attempt import Attempt
from ingest.recording.attribution import Attribution, current_attribution
from ingest.recording.bus import EventBus
from ingest.recording.spool import Spool
from ingest.recording.transport import AsyncRecordingTransport, RecordingTransport
from ingest.records import TABLES, CostCalculated, UsageEvent, said_by
from ingest.settings import Home, Settings
from ingest.wire.request import OpenRouterAddress, RequestFacts, read_request

_logger = logging.getLogger(__name__)

OPERATION_EXTENSION = "inkledger"
"""Request extension of inkledger's own clients: `operation_id`, `attempt_number` and `endpoint`.

What carries it is recorded wherever it goes: a client may have another address than its recorder.
"""


class Recorder:
    """Records what passes to OpenRouter through its transports.

    `home` is the folder of the data (`INKLEDGER_HOME`, default `data/`), `base_url` OpenRouter's
    address (`OPENROUTER_BASE_URL`). Recording never breaks a call: what cannot be recorded is
    logged whole and counted in `failure_count` and `spool.unwritten_count`.
    """

    def __init__(
        self,
        home: Path | str | None = None,
        *,
        base_url: str | None = None,
        bus: EventBus | None = None,
        clock: Clock = utc_now,
    ) -> None:
        settings = Settings()
        self.home = Home(Path(home) if home is not None else settings.home)
        self.bus = bus or EventBus()
        self.spool = Spool(self.home.spool, clock=clock)
        self.failure_count = 0
        self.clock = clock
        self._address = OpenRouterAddress(base_url or settings.openrouter_base_url)

    def transport(self, inner: httpx.BaseTransport | None = None) -> RecordingTransport:
        """A transport around `inner`, by default the own one of the client that uses it.

        The client may be of httpx or of httpx2.
        """
        return RecordingTransport(self, inner)

    def async_transport(
        self, inner: httpx.AsyncBaseTransport | None = None
    ) -> AsyncRecordingTransport:
        """`transport` for asynchronous clients."""
        return AsyncRecordingTransport(self, inner)

    def begin(self, request: httpx.Request) -> Attempt | None:
        """Write the start of the attempt that `request` makes; `None` if it costs nothing."""
        operation = request.extensions.get(OPERATION_EXTENSION, {})
        endpoint = operation.get("endpoint") or self._address.endpoint(request)
        if endpoint is None:
            return None
        attribution = current_attribution()
        start = _start(read_request(request, endpoint), operation, attribution, self.clock)
        self.spool.append("usage_events", start)
        if attribution.run is not None:
            attribution.run.report_to(self)
        return Attempt(self, start, attribution.run)

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

    def finish_run(self, total: CostCalculated) -> None:
        """Land a run's control total and publish it."""
        self.spool.append("control_totals", total)
        self.bus.publish(total)

    def guard(self, record: Callable[..., Any], *arguments: Any) -> Any:
        """Do a piece of recording for a call that must go on whatever becomes of it.

        The one place that catches everything: a fault of ours must not cost a paid reply.
        """
        try:
            return record(*arguments)
        except Exception:
            self.failure_count += 1
            _logger.exception("Recording failed in %s; the call goes on.", record.__qualname__)
            return None

    def close(self) -> None:
        """Leave what is written to `inkledger seal`; the recorder may be used again."""
        self.spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _record(self, table_name: str, row: dict[str, Any]) -> None:
        try:
            record = TABLES[table_name].model_validate(row)
        except ValidationError as error:
            raise UsageError(f"Not recorded in {table_name}: {said_by(error)}.") from error
        self.spool.append(table_name, record)


def _start(
    facts: RequestFacts, operation: dict[str, Any], attribution: Attribution, clock: Clock
) -> UsageEvent:
    return UsageEvent(
        event_id=new_id(),
        operation_id=operation.get("operation_id") or new_id(),
        attempt_number=operation.get("attempt_number", 1),
        run_id=attribution.run.run_id if attribution.run else None,
        ebook_id=attribution.ebook_id,
        stage=attribution.stage,
        page_number=attribution.page_number,
        labels=attribution.labels_json,
        endpoint=facts.endpoint,
        api_key_hash=facts.api_key_hash,
        requested_model=facts.requested_model,
        is_streamed=facts.is_streamed,
        input_image_count=facts.input_image_count,
        status="in_doubt",
        started_at=clock(),
    )
