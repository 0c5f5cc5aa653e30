"""`POST /audio/transcriptions`: sound as text, sold by the second; JSON or a form with a file."""

import base64
import binascii
from decimal import Decimal
from typing import Any, Final

from pydantic import AliasChoices, Field
from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import InferenceRequest, admit
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.tokens import text_tokens
from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.inference import answer, find_model, refuse_if_asked
from ingest.simulator.pricing import charge_units
from ingest.simulator.rates import Tokens
from ingest.simulator.refusals import Refusal
from ingest.simulator.replies import image_caption
from ingest.simulator.state import Simulator

_BYTES_PER_SECOND: Final = 16_000
_TOKENS_PER_SECOND: Final = 9


class TranscriptionRequest(InferenceRequest):
    """What is read of a transcription request; a form calls the audio `file`."""

    input_audio: dict[str, Any] = Field(validation_alias=AliasChoices("input_audio", "file"))

    def kind(self) -> CallKind:
        """Transcriptions are never streamed."""
        return CallKind.TRANSCRIPTION

    def seconds(self) -> Decimal:
        """How long the sound lasts, in tenths; raises `Refusal` (400) for what is none."""
        try:
            sound = base64.b64decode(str(self.input_audio["data"]), validate=True)
        except (KeyError, binascii.Error) as error:
            raise Refusal(400, "input_audio.data: not base64") from error
        return max(Decimal("0.1"), round(Decimal(len(sound)) / _BYTES_PER_SECOND, 1))


async def transcribe(simulator: Simulator, request: Request) -> Response:
    """Write down what is said; raises `Refusal` where OpenRouter answers with an error status."""
    call, asked = await admit(simulator, request, TranscriptionRequest)
    model = find_model(simulator, call.requested_model, "transcription")
    text = image_caption(call.draw)
    outcome = _outcome(call, asked, model, text)
    refuse_if_asked(simulator, call, model, outcome)
    body: dict[str, object] = {"text": text}
    if call.fault is not Fault.NO_USAGE:
        body["usage"] = _usage(asked, outcome)
    return answer(simulator, call, model, body, outcome)


def _outcome(call: Call, asked: TranscriptionRequest, model: Model, text: str) -> Outcome:
    seconds = asked.seconds()
    tokens = Tokens(int(seconds * _TOKENS_PER_SECOND), text_tokens(text))
    charge = charge_units(model.served, seconds, call.api_key.byok)
    return Outcome("succeeded", tokens, charge, None)


def _usage(asked: TranscriptionRequest, outcome: Outcome) -> dict[str, object]:
    """It does not say whose key it was: what a provider charges besides, nobody is told here."""
    tokens = outcome.tokens
    return {
        "seconds": asked.seconds(),
        "input_tokens": tokens.prompt,
        "output_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": outcome.charge.wire_cost_usd,
    }
