"""`POST /audio/speech`: bytes of audio that say nothing of what they used or cost."""

import hashlib
from decimal import Decimal
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import InferenceRequest, admit
from ingest.simulator.bill import Outcome
from ingest.simulator.faults import CallKind
from ingest.simulator.inference import answer_with_bytes, find_model, refuse_if_asked
from ingest.simulator.pricing import charge_units
from ingest.simulator.rates import Tokens
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator

_FRAME_HEADER: Final = b"\xff\xfb\x90\xc4"
_FRAMES_PER_CHARACTER: Final = 4


class SpeechRequest(InferenceRequest):
    """What is read of a speech request: a text, or the turns of several speakers."""

    input: str | list[dict[str, Any]]
    response_format: str = "pcm"

    def kind(self) -> CallKind:
        """Speech, which is charged in full once any of it was delivered."""
        return CallKind.SPEECH

    def text(self) -> str:
        """All that is to be said."""
        if isinstance(self.input, str):
            return self.input
        return "".join(str(turn.get("text", "")) for turn in self.input)


async def speak(simulator: Simulator, request: Request) -> Response:
    """Say a text; raises `Refusal` where OpenRouter answers with an error status."""
    call, asked = await admit(simulator, request, SpeechRequest)
    model = find_model(simulator, call.requested_model, "speech")
    characters = Decimal(len(asked.text()))
    charge = charge_units(model.served, characters, call.api_key.byok)
    outcome = Outcome("succeeded", Tokens(0, 0), charge, "stop")
    refuse_if_asked(simulator, call, model, outcome)
    media_type = "audio/mpeg" if asked.response_format == "mp3" else "audio/pcm"
    audio = _audio(asked.text(), call.draw)
    return answer_with_bytes(simulator, call, model, audio, outcome, media_type=media_type)


def _audio(text: str, draw: Draw) -> bytes:
    """Frames that look like sound: about as many as a voice would need."""
    frame = hashlib.sha256(draw.key + text.encode()).digest()
    return (_FRAME_HEADER + frame) * (_FRAMES_PER_CHARACTER * len(text))
