"""The moment before a request leaves: its start is written, and OpenRouter told whose it is."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ingest.identifiers import new_id
from ingest.recording.attempt import Attempt
from ingest.recording.attribution import Attribution, current_attribution
from ingest.recording.gate import Gate, OutgoingCall, Reservation
from ingest.recording.operations import Operation, operation_of, sent_by
from ingest.recording.session import telling
from ingest.wire.request import read_request

if TYPE_CHECKING:
    import httpx

    from ingest.recording.recorder import Recorder


def depart(
    recorder: "Recorder",
    request: "httpx.Request",
    endpoint: str,
    named: Operation | None = None,
) -> Attempt:
    """Write the start of an attempt. `named` is the operation that one of our clients names.

    Raises `BudgetExceeded` if a budget refuses the call; it is not recorded then.
    """
    facts = read_request(request, endpoint)
    attribution = current_attribution()
    event_id = new_id()
    sent = sent_by(recorder, request, endpoint)
    operation = named or operation_of(sent, event_id)
    run = attribution.run
    session_id = facts.session_id or (run.run_id if run else operation.operation_id)
    start = {
        "event_id": event_id,
        "operation_id": operation.operation_id,
        "attempt_number": operation.attempt_number,
        **_purpose(attribution),
        "endpoint": facts.endpoint,
        "api_key_hash": facts.api_key_hash,
        "requested_model": facts.requested_model,
        "is_streamed": facts.is_streamed,
        "input_image_count": facts.input_image_count,
        "session_id": session_id,
        "started_at": recorder.clock(),
    }
    held: Sequence[Reservation] = ()
    if recorder.gates:
        held = _reserve(recorder.gates, OutgoingCall(event_id, facts, attribution))
    attempt = Attempt(recorder, start, run=run, held=held, sent=sent)
    if run is not None:
        run.report_to(recorder)
    run_id = run.run_id if run is not None else None
    attempt.request = recorder.guard(telling, request, facts, session_id, run_id) or request
    return attempt


def _purpose(attribution: Attribution) -> dict[str, Any]:
    return {
        "run_id": attribution.run.run_id if attribution.run else None,
        "ebook_id": attribution.ebook_id,
        "stage": attribution.stage,
        "page_number": attribution.page_number,
        "labels": attribution.labels_json,
    }


def _reserve(gates: Sequence[Gate], call: OutgoingCall) -> list[Reservation]:
    held: list[Reservation] = []
    for gate in gates:
        try:
            reservation = gate.reserve(call)
        except BaseException:
            for earlier in held:
                earlier.release(Decimal(0), None)
            raise
        if reservation is not None:
            held.append(reservation)
    return held
