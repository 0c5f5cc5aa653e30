"""What every inference endpoint does once it has a plan: refuse, or charge and answer."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import Response

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.delivery import Ending, Pace, WholeReply, ending_of
from ingest.simulator.fault_refusals import refusal_for
from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.refusals import Refusal, error_in_200, unknown_model
from ingest.simulator.state import Simulator
from ingest.simulator.stream_delivery import StreamReply, StreamScript
from ingest.simulator.wire_bytes import wire_bytes
from ingest.simulator.wire_json import dumps

GIVEN_UP: Final = (Fault.EDGE_TIMEOUT, Fault.GATEWAY_TIMEOUT)
"""Refusals by a gateway that waited no longer, while the model went on."""


def find_model(simulator: Simulator, name: str, modality: str) -> Model:
    """The model of this name that can answer in this modality; raises a refusal otherwise."""
    model = simulator.config.catalogue.find(name)
    if model is None:
        raise unknown_model(name)
    if not model.writes(modality):
        raise Refusal(404, f"No endpoints found that support {modality} output for {name}.")
    return model


def refuse_if_asked(simulator: Simulator, call: Call, model: Model, whole: Outcome) -> None:
    """Raise the refusal that the call's fault means.

    It is free, except where a gateway gave up waiting for a model that went on: the edge's 524
    then hides the generation id, the router's own 504 gives it.
    """
    if call.fault is None:
        return
    if call.fault is Fault.ERROR_200:
        if call.kind is not CallKind.BATCH:
            simulator.charge(call, model, whole.failed(), is_interrupted=False)
        raise error_in_200(model.provider.name, reply_headers(call, model))
    refusal = refusal_for(call.fault, call.requested_model, call.draw, simulator.config.clock())
    if refusal is None:
        return
    if call.fault in GIVEN_UP:
        simulator.charge(call, model, whole, is_interrupted=True)
    if call.fault is Fault.GATEWAY_TIMEOUT:
        refusal.headers |= reply_headers(call, model)
    raise refusal


def answer(
    simulator: Simulator, call: Call, model: Model, body: Mapping[str, object], outcome: Outcome
) -> Response:
    """Charge the call and answer it with one JSON body, as whole as its fault leaves it."""
    content = wire_bytes(dumps(dict(body)), call.fault)
    return answer_with_bytes(simulator, call, model, content, outcome)


def answer_with_bytes(
    simulator: Simulator,
    call: Call,
    model: Model,
    content: bytes,
    outcome: Outcome,
    *,
    media_type: str = "application/json",
    status: int = 200,
) -> Response:
    """The same for a body of any kind."""
    ending = ending_of(call.fault)
    simulator.charge(
        call,
        model,
        outcome,
        is_interrupted=ending is not Ending.COMPLETE,
        remaining_seconds=call.latency_seconds,
    )
    headers, pace = reply_headers(call, model), _pace(simulator, call)
    return WholeReply(content, headers, ending, pace, media_type=media_type, status=status)


def answer_with_stream(
    simulator: Simulator,
    call: Call,
    model: Model,
    script: StreamScript,
    interrupted: Callable[[int], Outcome],
) -> Response:
    """Answer with events; charge when the script says, or what `interrupted` makes of the pieces
    that were out when the client went away."""

    def settle(outcome: Outcome) -> None:
        is_whole = script.ending is Ending.COMPLETE and outcome is script.outcome
        simulator.charge(call, model, outcome, is_interrupted=not is_whole)

    headers = reply_headers(call, model)
    return StreamReply(script, headers, _pace(simulator, call), settle, interrupted)


def reply_headers(call: Call, model: Model) -> dict[str, str]:
    """The headers that name the generation, whatever becomes of the body; a batch is none."""
    named = {} if call.kind is CallKind.BATCH else {"X-Generation-Id": call.generation_id}
    cached = call.caching.headers() if call.caching else {}
    return {
        **named,
        **cached,
        "X-Provider-Name": model.provider.name,
        "request-id": f"req-{call.draw.token('request', 20)}",
        "access-control-expose-headers": "X-Generation-Id,X-Provider-Name,request-id,cf-ray",
    }


def _pace(simulator: Simulator, call: Call) -> Pace:
    """How fast this call is answered."""
    return Pace(call.latency_seconds, simulator.config.stall_seconds)
