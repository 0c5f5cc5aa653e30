"""The text endpoints: `/chat/completions`, `/responses`, `/messages`, streamed and not.

They are one: each asks in its own words and is answered in its own form.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import admit
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.completions import Completions
from ingest.simulator.chat.form import AnswerForm
from ingest.simulator.chat.messages import Messages, MessagesRequest
from ingest.simulator.chat.plan import plan_chat
from ingest.simulator.chat.request import ChatRequest
from ingest.simulator.chat.responses import Responses
from ingest.simulator.chat.responses_request import ResponsesRequest
from ingest.simulator.faults import Fault
from ingest.simulator.inference import answer, answer_with_stream, find_model, refuse_if_asked
from ingest.simulator.script import script_stream
from ingest.simulator.state import Simulator

_FALLBACK_PROBABILITY = 0.3


@dataclass(frozen=True)
class TextEndpoint:
    """How one endpoint is asked and how it answers."""

    request: type[ChatRequest | ResponsesRequest | MessagesRequest]
    form: type[AnswerForm]

    async def respond(self, simulator: Simulator, request: Request) -> Response:
        """Answer one request; raises `Refusal` where OpenRouter answers with an error status."""
        call, asked = await admit(simulator, request, self.request)
        chat = asked.as_chat()
        model = _route(simulator, call, chat)
        plan = plan_chat(call, chat, model)
        form = self.form(call, plan)
        refuse_if_asked(simulator, call, model, plan.finished())
        if call.is_streamed:
            script = script_stream(call, plan, form)
            return answer_with_stream(simulator, call, model, script, plan.interrupted)
        return answer(simulator, call, model, *form.body())

    def in_batch(self, call: Call, body: object, model: Model) -> tuple[dict[str, object], Outcome]:
        """One item of a batch; raises pydantic's `ValidationError` for what is not asked so."""
        plan = plan_chat(call, self.request.model_validate(body).as_chat(), model)
        return self.form(call, plan).body()


TEXT_ENDPOINTS: Final = {
    "/chat/completions": TextEndpoint(ChatRequest, Completions),
    "/responses": TextEndpoint(ResponsesRequest, Responses),
    "/messages": TextEndpoint(MessagesRequest, Messages),
}


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
