"""`GET /generation`: what a generation cost, once the record of it exists."""

from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import requested_fault
from ingest.simulator.bill import Generation
from ingest.simulator.fault_refusals import refusal_for
from ingest.simulator.faults import Fault
from ingest.simulator.generation_record import generation_record
from ingest.simulator.keys import ApiKey, require_key
from ingest.simulator.refusals import Refusal
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator
from ingest.simulator.wire_json import dumps


async def show_generation(simulator: Simulator, request: Request) -> Response:
    """The record of one generation.

    Raises `Refusal`: 404 for an unknown id and for one that is not ready yet, 403 for one of
    another key, and whatever fault was asked for.
    """
    api_key = require_key(request)
    generation_id = request.query_params.get("id", "")
    _refuse_by_chance(simulator, request, generation_id)
    generation = _find(simulator, api_key, generation_id)
    return Response(dumps({"data": generation_record(generation)}), media_type="application/json")


def _find(simulator: Simulator, api_key: ApiKey, generation_id: str) -> Generation:
    generation = simulator.bill.find(generation_id)
    is_ready = generation is not None and generation.ready_at <= simulator.config.clock()
    # A batch is no generation: it is asked for under its own path.
    if generation is None or not is_ready or generation.api_type == "batch":
        raise Refusal(404, f"Generation {generation_id} not found", is_user_known=False)
    if generation.api_key_hash != api_key.sha256 and not api_key.is_management:
        raise Refusal(403, "You do not have access to this generation", is_user_known=False)
    return generation


def _refuse_by_chance(simulator: Simulator, request: Request, generation_id: str) -> None:
    config = simulator.config
    ordinal = simulator.requests.next("generation", generation_id)
    draw = Draw.of(config.seed, "generation", generation_id, ordinal)
    fault = requested_fault(simulator, request, b"")
    if fault is None and draw.chance("generation_error", config.generation_error_rate):
        fault = draw.choice("generation_fault", (Fault.RATE_LIMITED, Fault.BAD_GATEWAY))
    refusal = fault and refusal_for(fault, generation_id, draw, config.clock())
    if refusal:
        raise refusal
