"""`POST /chat/completions`: text, reasoning, images and verdicts, streamed and not."""

from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import admit
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.body import chat_body
from ingest.simulator.chat.plan import plan_chat
from ingest.simulator.chat.request import ChatRequest
from ingest.simulator.chat.script import script_chat
from ingest.simulator.faults import Fault
from ingest.simulator.inference import answer, answer_with_stream, find_model, refuse_if_asked
from ingest.simulator.state import Simulator

_FALLBACK_PROBABILITY = 0.3


async def complete_chat(simulator: Simulator, request: Request) -> Response:
    """Answer one chat request; raises `Refusal` where OpenRouter answers with an error status."""
    call, asked = await admit(simulator, request, ChatRequest)
    model = _route(simulator, call, asked)
    plan = plan_chat(call, asked, model)
    refuse_if_asked(simulator, call, model, plan.finished())
    if call.is_streamed:
        script = script_chat(call, plan, asked.wants_echo())
        return answer_with_stream(simulator, call, model, script, plan.interrupted)
    body, outcome = chat_body(call, plan)
    return answer(simulator, call, model, body, outcome)


def _route(simulator: Simulator, call: Call, asked: ChatRequest) -> Model:
    """The model that serves: the first that can, or the last when the seed lets the others fail."""
    modality = "image" if asked.wants_image() else "text"
    catalogue = simulator.config.catalogue
    names = asked.candidates()
    found = [model for name in names if (model := catalogue.find(name)) and model.writes(modality)]
    if not found:
        return find_model(simulator, names[0], modality)
    is_down = call.fault is Fault.FALLBACK or call.draw.chance("fallback", _FALLBACK_PROBABILITY)
    model = found[-1] if is_down else found[0]
    if model.is_router:
        return call.draw.choice("router", catalogue.with_output(modality))
    return model
