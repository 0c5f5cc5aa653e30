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
from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.image_script import script_images
from ingest.simulator.inference import answer, answer_with_stream, find_model, refuse_if_asked
from ingest.simulator.line_art import draw_line_art
from ingest.simulator.pricing import Charge, charge_images, charge_tokens, no_charge
from ingest.simulator.rates import Tokens
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator
from ingest.simulator.usage_report import cost_details

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
    pictures = _pictures(call.draw, asked.n)
    usage = None if call.fault is Fault.NO_USAGE else _usage(whole)
    if asked.stream:
        nothing = _nothing(call, whole)
        script = script_images(call, pictures, usage, whole, nothing)
        return answer_with_stream(simulator, call, model, script, lambda _: nothing)
    body: dict[str, object] = {"created": int(call.received_at.timestamp()), "data": pictures}
    return answer(simulator, call, model, body | ({"usage": usage} if usage else {}), whole)


def _outcome(call: Call, asked: ImageRequest, model: Model) -> Outcome:
    image_tokens = asked.n * TOKENS_PER_OUTPUT_IMAGE
    tokens = Tokens(text_tokens(asked.prompt), image_tokens, image=image_tokens)
    charge = _charge(call, asked, model, tokens)
    return Outcome("succeeded", tokens, charge, "stop", image_count=asked.n)


def _nothing(call: Call, whole: Outcome) -> Outcome:
    """The stream ended before the picture was there: images are charged whole or not at all."""
    tokens = Tokens(whole.tokens.prompt, 0)
    return Outcome("cancelled", tokens, no_charge(call.api_key.byok), None)


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


def _usage(outcome: Outcome) -> dict[str, object]:
    """Three counts and the cost, and nothing more unless the provider bills the caller's key."""
    tokens, charge = outcome.tokens, outcome.charge
    usage: dict[str, object] = {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": charge.wire_cost_usd,
    }
    if charge.is_byok:
        usage |= {"is_byok": True, "cost_details": cost_details(charge)}
    return usage
