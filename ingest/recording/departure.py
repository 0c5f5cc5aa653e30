"""The moment before a request leaves: its start is written, and OpenRouter told whose it is."""

import weakref
from decimal import Decimal
from typing import TYPE_CHECKING

from ingest.errors import BudgetExceeded
from ingest.identifiers import new_id
from ingest.recording.attempt import Attempt
from ingest.recording.attribution import current_attribution
from ingest.recording.gate import OutgoingCall, Reservation
from ingest.recording.lines import Departure
from ingest.recording.operations import Operation, Sent, operation_of
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
    sent = Sent(weakref.ref(recorder), endpoint, facts.content)
    operation = named or operation_of(sent, event_id)
    run = attribution.run
    session_id = facts.session_id or (run.run_id if run else operation.operation_id)
    departure = Departure(
        event_id,
        operation.operation_id,
        operation.attempt_number,
        facts.endpoint,
        recorder.clock(),
        session_id,
        run.run_id if run is not None else None,
        attribution.ebook_id,
        attribution.ebook_ids_json,
        attribution.stage,
        attribution.page_number,
        attribution.labels_json,
        facts.api_key_hash,
        facts.requested_model,
        facts.is_streamed,
        facts.input_image_count,
    )
    if recorder.gates:
        # Nobody else is weighed until the start is written, where all processes read it.
        with recorder.gates[0].turn():
            held = _reserve(recorder, OutgoingCall(event_id, facts, attribution))
            departure.reserved_usd = max((each.amount_usd for each in held), default=None)
            attempt = Attempt(recorder, departure, run=run, held=held, sent=sent)
    else:
        attempt = Attempt(recorder, departure, run=run, held=(), sent=sent)
    if run is not None:
        run.report_to(recorder)
    # As `Recorder.guard`, without its call.
    try:
        attempt.request = telling(request, facts, session_id, departure.run_id)
    except Exception:
        recorder.count_failure(telling)
        attempt.request = request
    return attempt


def _reserve(recorder: "Recorder", call: OutgoingCall) -> list[Reservation]:
    held: list[Reservation] = []
    for gate in recorder.gates:
        try:
            reservation = gate.reserve(call)
        except BudgetExceeded:
            for earlier in held:
                earlier.release(Decimal(0), None)
            raise
        except Exception:
            # A budget that cannot read what was spent must not cost the call its record.
            recorder.count_failure(gate.reserve)
            continue
        if reservation is not None:
            held.append(reservation)
    return held
