"""`POST /images`: pictures whose reply names neither id, model nor provider."""

import base64
from decimal import Decimal
from typing import Any, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import InferenceRequest, admit
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.tokens import TOKENS_PER_OUTPUT_IMAGE, text_tokens
from ingest.simulator.faults import CallKind
from ingest.simulator.inference import answer, answer_with_stream, find_model, refuse_if_asked
from ingest.simulator.line_art import draw_line_art
from ingest.simulator.pictures import Pictures
from ingest.simulator.pricing import Charge, charge_images, charge_tokens
from ingest.simulator.rates import Tokens
from ingest.simulator.script import script_stream
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator

_MEGAPIXELS: Final = {
    "512": Decimal("0.25"),
    "768": Decimal("0.5625"),
    "1K": Decimal(1),
    "1.5K": Decimal("2.25"),
    "2K": Decimal(4),
    "4K": Decimal(16),
}


class ImageRequest(InferenceRequest):
    """What is read of an image request."""

    prompt: str
    n: int = Field(default=1, ge=1, le=10)
    resolution: str = "1K"
    input_references: list[dict[str, Any]] | None = None

    def kind(self) -> CallKind:
        """An image, streamed or not: it is charged whole or not at all."""
        return CallKind.IMAGE


async def draw_images(simulator: Simulator, request: Request) -> Response:
    """Draw `n` images; raises `Refusal` where OpenRouter answers with an error status."""
    call, asked = await admit(simulator, request, ImageRequest)
    model = find_model(simulator, call.requested_model, "image")
    whole = _outcome(call, asked, model)
    refuse_if_asked(simulator, call, model, whole)
    pictures = Pictures(call, whole, _pictures(call.draw, asked.n))
    if asked.stream:
        script = script_stream(call, pictures, pictures)
        return answer_with_stream(simulator, call, model, script, pictures.interrupted)
    return answer(simulator, call, model, pictures.body(), whole)


def _outcome(call: Call, asked: ImageRequest, model: Model) -> Outcome:
    image_tokens = asked.n * TOKENS_PER_OUTPUT_IMAGE
    tokens = Tokens(text_tokens(asked.prompt), image_tokens, image=image_tokens)
    charge = _charge(call, asked, model, tokens)
    return Outcome("succeeded", tokens, charge, "stop", image_count=asked.n)


def _charge(call: Call, asked: ImageRequest, model: Model, tokens: Tokens) -> Charge:
    if model.served.image_output is not None:
        return charge_tokens(model.served, tokens, byok=call.api_key.byok)
    return charge_images(
        model.served,
        image_count=asked.n,
        megapixels=_MEGAPIXELS.get(asked.resolution, Decimal(1)),
        input_image_count=len(asked.input_references or []),
        byok=call.api_key.byok,
    )


def _pictures(draw: Draw, count: int) -> list[dict[str, object]]:
    return [
        {
            "b64_json": base64.b64encode(draw_line_art(Draw.of(draw.key.hex(), number))).decode(),
            "media_type": "image/png",
        }
        for number in range(count)
    ]
