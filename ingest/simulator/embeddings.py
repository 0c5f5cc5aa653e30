"""`POST /embeddings`: tiny costs, and a model name in the provider's own spelling."""

import base64
import struct
from typing import Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import InferenceRequest, admit
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.tokens import text_tokens
from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.inference import answer, find_model, refuse_if_asked
from ingest.simulator.pricing import charge_tokens
from ingest.simulator.rates import Tokens
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator
from ingest.simulator.usage_report import byok_details


class EmbeddingRequest(InferenceRequest):
    """What is read of an embedding request. Without `dimensions` a vector is a short one."""

    is_cacheable = True

    input: str | list[str]
    dimensions: int = Field(default=16, ge=1, le=4096)
    encoding_format: Literal["float", "base64"] = "float"

    def kind(self) -> CallKind:
        """Embeddings are never streamed."""
        return CallKind.EMBEDDING

    def texts(self) -> list[str]:
        """The texts to embed."""
        return [self.input] if isinstance(self.input, str) else self.input


async def embed_texts(simulator: Simulator, request: Request) -> Response:
    """Embed one or several texts; raises `Refusal` where OpenRouter answers with an error."""
    call, asked = await admit(simulator, request, EmbeddingRequest)
    model = find_model(simulator, call.requested_model, "embeddings")
    outcome = _outcome(call, asked, model)
    refuse_if_asked(simulator, call, model, outcome)
    return answer(simulator, call, model, _body(call, asked, model, outcome), outcome)


def embed_in_batch(call: Call, body: object, model: Model) -> tuple[dict[str, object], Outcome]:
    """One item of a batch; raises pydantic's `ValidationError` for what is not asked so."""
    asked = EmbeddingRequest.model_validate(body)
    outcome = _outcome(call, asked, model)
    return _body(call, asked, model, outcome), outcome


def _outcome(call: Call, asked: EmbeddingRequest, model: Model) -> Outcome:
    is_free = call.cache_source_id is not None
    tokens = Tokens(0 if is_free else sum(text_tokens(text) for text in asked.texts()), 0)
    charge = charge_tokens(model.served, tokens, byok=call.api_key.byok)
    return Outcome("succeeded", tokens, charge, None)


def _body(call: Call, asked: EmbeddingRequest, model: Model, outcome: Outcome) -> dict[str, object]:
    vectors = [_vector(text, asked, call.draw) for text in asked.texts()]
    body: dict[str, object] = {
        "id": call.generation_id,
        "object": "list",
        "model": model.spelling,
        "provider": model.provider.name,
        "data": [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in enumerate(vectors)
        ],
    }
    if call.fault is not Fault.NO_USAGE:
        body["usage"] = _usage(outcome)
    return body


def _usage(outcome: Outcome) -> dict[str, object]:
    return {
        "prompt_tokens": outcome.tokens.prompt,
        "total_tokens": outcome.tokens.prompt,
        "cost": outcome.charge.wire_cost_usd,
        **byok_details(outcome.charge),
    }


def _vector(text: str, asked: EmbeddingRequest, draw: Draw) -> object:
    chance = Draw.of(draw.key.hex(), text)
    numbers = [chance.between(f"{place}", -1, 1) for place in range(asked.dimensions)]
    if asked.encoding_format == "base64":
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    return numbers
