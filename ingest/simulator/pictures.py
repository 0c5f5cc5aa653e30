"""Pictures as `/images` gives them: in one body, or a glimpse first and then the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.faults import Fault
from ingest.simulator.sse import DONE, data_event
from ingest.simulator.usage_report import byok_details


@dataclass(frozen=True)
class Pictures:
    """What was drawn. It is charged whole or, when the stream breaks before it, not at all."""

    call: Call
    whole: Outcome
    pictures: Sequence[Mapping[str, object]]
    piece_count = 1
    """The glimpse."""

    def finished(self) -> Outcome:
        """All are drawn, read or not."""
        return self.whole

    def interrupted(self, _: int) -> Outcome:
        """The stream ended before they were there."""
        return self.whole.cancelled()

    def failed(self, _: int) -> Outcome:
        """The provider drew none."""
        return self.whole.failed()

    def body(self) -> dict[str, object]:
        """All in one: no id, no model, no provider."""
        body: dict[str, object] = {"created": self._created(), "data": list(self.pictures)}
        return body | self._usage()

    def opening(self) -> tuple[str, ...]:
        """Nothing comes before the glimpse."""
        return ()

    def piece(self, number: int) -> str:
        """The glimpse."""
        return data_event(
            {
                "type": "image_generation.partial_image",
                "partial_image_index": number,
                "b64_json": self.pictures[0]["b64_json"],
            }
        )

    def finish(self) -> tuple[str, ...]:
        """Nothing comes between glimpse and whole."""
        return ()

    def settlement(self) -> list[str]:
        """Each picture whole, the last with the usage of all."""
        completed = {"type": "image_generation.completed", "created": self._created()}
        chunks = [completed | dict(picture) for picture in self.pictures]
        chunks[-1] |= self._usage()
        return [*(data_event(chunk) for chunk in chunks), DONE]

    def failure(self, _: Outcome) -> list[str]:
        """An error whose code is a text."""
        error = {"message": "Image generation failed", "code": "provider_unavailable"}
        return [data_event({"type": "error", "error": error}), DONE]

    def _created(self) -> int:
        return int(self.call.received_at.timestamp())

    def _usage(self) -> dict[str, object]:
        """Three counts and the cost, and no more unless the provider bills the caller's key."""
        if self.call.fault is Fault.NO_USAGE:
            return {}
        tokens, charge = self.whole.tokens, self.whole.charge
        counts = {
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.completion,
            "total_tokens": tokens.prompt + tokens.completion,
        }
        return {"usage": {**counts, "cost": charge.wire_cost_usd, **byok_details(charge)}}
