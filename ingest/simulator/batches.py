"""`POST /batches`: many requests at half the price; the cost is told of the batch alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import InferenceRequest, admit
from ingest.simulator.batch_object import batch_job
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.endpoint import TEXT_ENDPOINTS
from ingest.simulator.embeddings import embed_in_batch
from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.inference import GIVEN_UP, answer_with_bytes, find_model, refuse_if_asked
from ingest.simulator.pricing import charge_batch
from ingest.simulator.rates import Tokens
from ingest.simulator.refusals import Refusal
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator
from ingest.simulator.usage_report import without_cost
from ingest.simulator.wire_bytes import wire_bytes
from ingest.simulator.wire_json import dumps

Produce = Callable[[Call, object, Model], tuple[dict[str, object], Outcome]]

_ENDPOINTS: Final[dict[str, Produce]] = {
    **{f"/v1{path}": endpoint.in_batch for path, endpoint in TEXT_ENDPOINTS.items()},
    "/v1/embeddings": embed_in_batch,
}


class BatchItem(BaseModel):
    """One request of a batch."""

    custom_id: str
    body: dict[str, Any]


class BatchRequest(InferenceRequest):
    """What is read of a batch."""

    endpoint: str
    requests: list[BatchItem] = Field(min_length=1)

    def kind(self) -> CallKind:
        """A batch, which is worked off after the answer."""
        return CallKind.BATCH


async def submit_batch(simulator: Simulator, request: Request) -> Response:
    """Begin a batch; raises `Refusal` where OpenRouter answers with an error status."""
    call, asked = await admit(simulator, request, BatchRequest)
    if asked.endpoint not in _ENDPOINTS:
        raise Refusal(400, f"endpoint: one of {', '.join(_ENDPOINTS)}")
    is_text = asked.endpoint != "/v1/embeddings"
    model = find_model(simulator, call.requested_model, "text" if is_text else "embeddings")
    results, outcomes = _work_off(call, asked, model)
    outcome = _together(call, outcomes)
    done_at = call.received_at + timedelta(seconds=simulator.config.job_seconds)
    job = batch_job(call, asked.endpoint, model, results, outcome, done_at)
    if call.fault in GIVEN_UP:
        simulator.jobs[call.generation_id] = job
    refuse_if_asked(simulator, call, model, outcome)
    simulator.jobs[call.generation_id] = job
    content = wire_bytes(dumps(dict(job.pending)), call.fault)
    return answer_with_bytes(simulator, call, model, content, outcome, status=202)


def _work_off(
    call: Call, asked: BatchRequest, model: Model
) -> tuple[list[dict[str, object]], list[Outcome]]:
    """The items' results and outcomes; of those that failed there is no outcome."""
    results: list[dict[str, object]] = []
    outcomes = []
    for number, item in enumerate(asked.requests):
        name = call.generation_id.replace("batch_", "gen-batch-") + f"{number:04}"
        draw = Draw.of(call.draw.key.hex(), number)
        alone = replace(call, generation_id=name, draw=draw, fault=None, is_streamed=False)
        result: dict[str, object] = {"id": f"batch_req_{number}", "custom_id": item.custom_id}
        if call.fault is Fault.CHOICE_ERROR and not number:
            results.append(result | {"response": None, "error": _ERROR})
            continue
        body, outcome = _produce(asked.endpoint, alone, item, model)
        results.append(result | {"response": _response(body, number), "error": None})
        outcomes.append(outcome)
    return results, outcomes


def _produce(
    endpoint: str, call: Call, item: BatchItem, model: Model
) -> tuple[dict[str, object], Outcome]:
    try:
        return _ENDPOINTS[endpoint](call, item.body, model)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refusal(400, f"{item.custom_id}: {first['loc']}: {first['msg']}") from error


_ERROR: Final = {
    "type": "server_error",
    "message": "Provider returned error",
    "param": None,
    "error_type": "provider_unavailable",
}


def _response(body: dict[str, object], number: int) -> dict[str, object]:
    """The item's reply: it counts tokens, and has no cost of its own."""
    usage = body.get("usage")
    if isinstance(usage, dict):
        body = body | {"usage": without_cost(usage)}
    return {"status_code": 200, "request_id": f"request_{number}", "body": body}


def _together(call: Call, outcomes: Sequence[Outcome]) -> Outcome:
    tokens = Tokens(
        sum(outcome.tokens.prompt for outcome in outcomes),
        sum(outcome.tokens.completion for outcome in outcomes),
    )
    charge = charge_batch([outcome.charge for outcome in outcomes], call.api_key.byok)
    return Outcome("succeeded", tokens, charge, None)
