"""`GET /videos/{id}` and `GET /batches/{id}`: how far a job is, and in the end what it cost."""

from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import requested_fault
from ingest.simulator.delivery import Pace, WholeReply, ending_of
from ingest.simulator.fault_refusals import refusal_for
from ingest.simulator.faults import Fault
from ingest.simulator.jobs import Job
from ingest.simulator.keys import require_key
from ingest.simulator.refusals import Refusal
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator
from ingest.simulator.wire_bytes import wire_bytes
from ingest.simulator.wire_json import dumps


async def show_job(simulator: Simulator, request: Request) -> Response:
    """What is known of a job; raises `Refusal`: 404 for an unknown one, or the fault asked for.

    Without credits a batch is withheld: 402, and what it used and cost without its results.
    """
    job = find_job(simulator, request)
    body, status = job.body(simulator.config.clock()), 200
    fault = requested_fault(simulator, request, b"")
    if fault is Fault.INSUFFICIENT_CREDITS and body.get("results"):
        error = {"code": 402, "message": "Add credits to receive the results of this batch."}
        body, status = body | {"results": None, "error": error}, 402
    elif fault is not None:
        _refuse(fault, simulator)
    content = wire_bytes(dumps(body), fault)
    pace = Pace(0, simulator.config.stall_seconds)
    return WholeReply(content, {}, ending_of(fault), pace, status=status)


async def list_batches(simulator: Simulator, request: Request) -> Response:
    """The batches of this key, newest first, without their results; `created_after` and `limit`.

    Raises `Refusal` for a missing key and for the fault asked for.
    """
    api_key = require_key(request)
    if (fault := requested_fault(simulator, request, b"")) is not None:
        _refuse(fault, simulator)
    now, since = simulator.config.clock(), int(request.query_params.get("created_after", "0"))
    own = [job.body(now) for job in simulator.jobs.values() if job.api_key_hash == api_key.sha256]
    batches = [body | {"results": None} for body in own if body.get("object") == "batch"]
    recent = [body for body in reversed(batches) if int(str(body["created_at"])) > since]
    names = [body["id"] for body in recent]
    after = request.query_params.get("after")
    first = names.index(after) + 1 if after in names else 0
    limit = int(request.query_params.get("limit", "20"))
    page = recent[first : first + limit]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else _NO_ENDS
    answer = {"object": "list", "data": page, "has_more": first + limit < len(recent), **ends}
    return Response(dumps(answer), media_type="application/json")


_NO_ENDS = {"first_id": None, "last_id": None}


def find_job(simulator: Simulator, request: Request) -> Job:
    """The job of this path, if it is one of this key."""
    api_key = require_key(request)
    job = simulator.jobs.get(request.path_params["job_id"])
    if job is None or job.api_key_hash != api_key.sha256:
        raise Refusal(404, "Job not found", is_user_known=False)
    return job


def _refuse(fault: Fault, simulator: Simulator) -> None:
    refusal = refusal_for(fault, "job", Draw.of("job"), simulator.config.clock())
    if refusal is not None:
        raise refusal
