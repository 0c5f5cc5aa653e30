"""`POST /videos`: answered with 202 before anything is filmed; its cost is told when it is done."""

from datetime import timedelta
from decimal import Decimal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import InferenceRequest, admit
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.inference import answer_with_bytes, find_model, refuse_if_asked
from ingest.simulator.job_questions import find_job
from ingest.simulator.jobs import Job
from ingest.simulator.line_art import draw_line_art
from ingest.simulator.pricing import charge_units
from ingest.simulator.rates import Tokens
from ingest.simulator.refusals import Refusal
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator
from ingest.simulator.wire_bytes import wire_bytes
from ingest.simulator.wire_json import dumps


class VideoRequest(InferenceRequest):
    """What is read of a video request; `duration` is in seconds."""

    prompt: str
    duration: int = Field(default=4, ge=1, le=60)

    def kind(self) -> CallKind:
        """A video, which is made after the answer."""
        return CallKind.VIDEO


async def submit_video(simulator: Simulator, request: Request) -> Response:
    """Begin a video; raises `Refusal` where OpenRouter answers with an error status."""
    call, asked = await admit(simulator, request, VideoRequest)
    model = find_model(simulator, call.requested_model, "video")
    charge = charge_units(model.served, Decimal(asked.duration), call.api_key.byok)
    whole = Outcome("succeeded", Tokens(0, 0), charge, "stop")
    refuse_if_asked(simulator, call, model, whole)
    outcome = whole.failed() if call.fault is Fault.CHOICE_ERROR else whole
    job = _job(simulator, call, outcome, str(request.url).partition("?")[0])
    simulator.jobs[call.generation_id] = job
    content = wire_bytes(dumps(dict(job.pending)), call.fault)
    return answer_with_bytes(simulator, call, model, content, outcome, status=202)


async def show_video(simulator: Simulator, request: Request) -> Response:
    """The video, or what stands for one here: a still; raises `Refusal` (404) before it is done."""
    job = find_job(simulator, request)
    if job.body(simulator.config.clock())["status"] != "completed":
        raise Refusal(404, "The video is not there", is_user_known=False)
    picture = draw_line_art(Draw.of(request.path_params["job_id"]))
    return Response(picture, media_type="video/mp4")


def _job(simulator: Simulator, call: Call, outcome: Outcome, url: str) -> Job:
    name = call.generation_id
    known: dict[str, object] = {"id": name, "polling_url": f"{url}/{name}"}
    done = known | {"generation_id": name}
    if outcome.status == "failed":
        done |= {"status": "failed", "error": "The provider could not make this video"}
    else:
        done |= {"status": "completed", "unsigned_urls": [f"{url}/{name}/content?index=0"]}
        charge = outcome.charge
        done["usage"] = {"cost": charge.wire_cost_usd, "is_byok": charge.is_byok}
    done_at = call.received_at + timedelta(seconds=simulator.config.job_seconds)
    return Job(call.api_key.sha256, done_at, known | {"status": "pending"}, done)
