"""One attempt on its way: what its headers, its body and its end say, written as they come."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from ingest.money import LARGEST_USD, round_usd
from ingest.recording import process
from ingest.recording.gate import Reservation
from ingest.recording.lines import Arrival, Departure, json_fields
from ingest.recording.operations import Operation, Sent, note_failure
from ingest.recording.runs import Run
from ingest.wire.readers import ReplyReader, reply_reader
from ingest.wire.reply import ReplyFacts
from ingest.wire.usage import Usage

if TYPE_CHECKING:
    import httpx

    from ingest.recording.recorder import Recorder
    from ingest.records import Status, UsageEvent

_IN_DOUBT = b',"status":"in_doubt"}}'


class Attempt:
    """Follows one request from its start to its end; ends once, whatever ends it.

    What is known before the request leaves stands at the head of each line.
    """

    __slots__ = (
        "_departure",
        "_first_byte_at",
        "_head",
        "_held",
        "_http_status",
        "_is_ended",
        "_process",
        "_reader",
        "_recorder",
        "_run",
        "_sent",
        "request",
    )
    request: "httpx.Request"
    """What to send: the caller's request, which may have been told what it belongs to."""

    def __init__(
        self,
        recorder: "Recorder",
        departure: Departure,
        *,
        run: Run | None,
        held: Sequence[Reservation],
        sent: Sent,
    ) -> None:
        self._recorder = recorder
        self._departure = departure
        self._run = run
        self._held = held
        self._sent = sent
        self._http_status: int | None = None
        self._reader: ReplyReader | None = None
        self._first_byte_at: datetime | None = None
        self._is_ended = False
        self._process = process.here
        self._head = b'{"usage_events":{' + json_fields(departure)
        recorder.spool.append_line(self._head + _IN_DOUBT)

    def answer(self, http_status: int, headers: "httpx.Headers") -> None:
        """The headers came. Written at once: with the generation id a killed call is settled."""
        self._http_status = http_status
        self._reader = reply_reader(headers)
        arrival = _arrival(http_status, self._reader.facts)
        if _is_refusal(http_status):
            # Now, for clients that try again and never read, nor close, what refused them.
            arrival.status, arrival.error_type = "failed", f"http_{http_status}"
            self._note_failure()
            self._ask_later(arrival)
        ending = b"}}" if arrival.status else _IN_DOUBT
        self._recorder.spool.append_line(self._head + b"," + json_fields(arrival) + ending)

    def feed(self, chunk: bytes) -> None:
        """A piece of the body passed on its way to the caller."""
        if self._first_byte_at is None:
            self._first_byte_at = self._recorder.clock()
        if self._reader is not None:
            try:
                self._reader.feed(chunk)
            except Exception:
                # As `Recorder.guard`, without a further call for each of thousands of chunks.
                self._recorder.count_failure(self._reader.feed)
                self._reader = None

    def end(self, error: BaseException | None = None) -> None:
        """The body came to its end, or `error` ended it: `GeneratorExit` if its reader left."""
        # A forked child closes its copy of the stream; the call goes on in the parent.
        if self._is_ended or self._process is not process.here:
            return
        self._is_ended = True
        facts = self._read_to_end()
        status, error_type = _verdict(self._http_status, facts, error)
        if status != "succeeded" and not _is_refusal(self._http_status):
            self._note_failure()
        arrival = _arrival(self._http_status, facts)
        arrival.status, arrival.error_type = status, error_type
        arrival.first_byte_at, arrival.finished_at = self._first_byte_at, self._recorder.clock()
        self._recorder.spool.append_line(self._head + b"," + json_fields(arrival) + b"}}")
        self._tell_others(arrival, facts.usage)

    def _read_to_end(self) -> ReplyFacts:
        if self._reader is None:
            return ReplyFacts()
        try:
            self._reader.end()
        except Exception:
            self._recorder.count_failure(self._reader.end)
        return self._reader.facts

    def _note_failure(self) -> None:
        operation = Operation(self._departure.operation_id, self._departure.attempt_number)
        note_failure(self._sent, operation)

    def _ask_later(self, arrival: Arrival) -> None:
        settler, name = self._recorder.settler, arrival.generation_id
        # A batch is known by the question for it only, which is followed as any call is.
        if settler is not None and name and not self._departure.endpoint.endswith("batches"):
            self._recorder.guard(settler.ask_for, name, self._http_status)

    def _tell_others(self, arrival: Arrival, usage: Usage | None) -> None:
        if self._run is not None or self._held or self._recorder.settler is not None:
            spend_usd = _spend_usd(usage)
            if spend_usd is None:
                self._ask_later(arrival)
            if self._run is not None:
                self._run.add(self._departure.stage, spend_usd)
            for reservation in self._held:
                self._recorder.guard(reservation.release, spend_usd, self._http_status)
        if self._recorder.bus.is_heard:
            self._recorder.bus.publish(_event(self._departure, arrival))


def _arrival(http_status: int | None, facts: ReplyFacts) -> Arrival:
    return Arrival(
        http_status,
        facts.generation_id,
        facts.served_model,
        facts.provider_name,
        facts.finish_reason,
        facts.output_image_count,
        facts.usage_json,
        *facts.usage or (),
    )


def _spend_usd(usage: Usage | None) -> Decimal | None:
    """The true spend that a reply told, at the ledger's resolution; `None` for nonsense."""
    if usage is None:
        return None
    parts = [usage.reported_cost_usd, *([usage.upstream_cost_usd] if usage.is_byok else [])]
    known = [part for part in parts if part is not None and 0 <= part < LARGEST_USD]
    return sum(map(round_usd, known), Decimal(0)) if len(known) == len(parts) else None


def _event(departure: Departure, arrival: Arrival) -> "UsageEvent":
    # Loaded for those who listen: pydantic is most of what importing this package would take.
    from pydantic import ValidationError

    from ingest.records import UsageEvent

    start = asdict(departure)
    try:
        return UsageEvent.model_validate({**start, **asdict(arrival)})
    except ValidationError:
        # A row that no lake can hold goes to quarantine with its reason when it is sealed, and the
        # attempt stays in the ledger as in doubt.
        return UsageEvent.model_validate({**start, "status": "in_doubt"})


def _is_refusal(http_status: int | None) -> bool:
    return http_status is not None and not 200 <= http_status < 300


def _verdict(
    http_status: int | None, facts: ReplyFacts, error: BaseException | None
) -> "tuple[Status, str | None]":
    if _is_refusal(http_status):
        return "failed", facts.error_type or f"http_{http_status}"
    if facts.error_type is not None:
        return "failed", facts.error_type
    if facts.is_whole or (facts.is_whole is None and error is None):
        return "succeeded", None
    return ("failed", "incomplete_reply") if error is None else _broken(error)


def _broken(error: BaseException) -> "tuple[Status, str]":
    if isinstance(error, GeneratorExit):
        return "cancelled", "closed_early"
    name = type(error).__name__
    # By name: httpx and httpx2 have exceptions of their own. A connection that never stood
    # failed; a client that ran out of patience, or was stopped, gave up a call that may be billed.
    gave_up = name.endswith("Timeout") and name not in ("ConnectTimeout", "PoolTimeout")
    return ("cancelled" if gave_up or not isinstance(error, Exception) else "failed"), name
