"""The form of `/chat/completions`, with the accidents that its replies and streams have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.chat.plan import ChatPlan
from ingest.simulator.faults import Fault
from ingest.simulator.sse import DONE, data_event
from ingest.simulator.usage_report import UsageForm, usage_report

_USAGE_CHUNKS: Final[tuple[Fault, ...]] = (
    Fault.USAGE_WITHOUT_CHOICES,
    Fault.USAGE_EMPTY_DELTA,
    Fault.USAGE_REPEATS_FINISH,
)


@dataclass(frozen=True)
class Completions:
    """A planned answer as chat completion, or as chunks of one."""

    call: Call
    plan: ChatPlan

    def body(self) -> tuple[dict[str, object], Outcome]:
        """The reply; of a choice that failed, with partial content and without usage."""
        if self.call.fault is Fault.CHOICE_ERROR:
            piece_count = self.call.draw.integer("produced", 0, self.plan.piece_count)
            return self._body(self._failed_choice(piece_count)), self.plan.failed(piece_count)
        outcome = self.plan.finished()
        body = self._body(self._whole_choice())
        if self.call.fault is not Fault.NO_USAGE:
            body["usage"] = self._usage(outcome)
        return body, outcome

    def opening(self) -> Iterator[str]:
        """What was asked of the provider, if that was wanted, and a thinker's first thought."""
        if self.plan.wants_echo:
            debug = {"echo_upstream_body": {"model": self.plan.model.slug}}
            yield self._chunk([], debug=debug)
        if self.plan.tokens.reasoning:
            yield self._chunk([_choice(_said("") | {"reasoning": self.plan.reasoning_text})])

    def piece(self, number: int) -> str:
        """A chunk of text."""
        return self._chunk([_choice(_said(self.plan.pieces[number]))])

    def finish(self) -> Iterator[str]:
        """The images, and the reason to stop once or twice."""
        if self.plan.image_urls:
            yield self._chunk([_choice(_said("") | {"images": self.plan.image_parts()})])
        for _ in range(self.call.draw.integer("finish_chunks", 1, 2)):
            yield self._chunk([self._finish()])

    def settlement(self) -> list[str]:
        """The usage chunk in one of its three real forms, then the end."""
        if self.call.fault is Fault.NO_USAGE:
            return [DONE]
        usage = self._usage(self.plan.finished())
        asked = [form for form in _USAGE_CHUNKS if form is self.call.fault]
        form = self.call.draw.choice("usage", asked or _USAGE_CHUNKS)
        if form is Fault.USAGE_WITHOUT_CHOICES:
            return [self._chunk([], usage=usage), DONE]
        if form is Fault.USAGE_EMPTY_DELTA:
            return [self._chunk([_choice(_said(""))], usage=usage), DONE]
        return [self._chunk([self._finish()], service_tier="default", usage=usage), DONE]

    def failure(self, outcome: Outcome) -> list[str]:
        """The error chunk: without usage and the last thing sent, or with usage and an end."""
        if self.call.fault is Fault.ERROR_MID_STREAM:
            choice = _choice({"content": ""}, "error", "error")
            return [self._chunk([choice], error=_DISCONNECTED)]
        usage = usage_report(outcome.tokens, outcome.charge, UsageForm.UPSTREAM_NULL)
        error = {"code": 400, "message": "Token limit reached"}
        return [self._chunk([_choice(_said(""))], error=error, usage=usage), DONE]

    def _usage(self, outcome: Outcome) -> dict[str, object]:
        searches = self.plan.web_search_count
        return usage_report(outcome.tokens, outcome.charge, self.plan.form, searches)

    def _body(self, choice: dict[str, object]) -> dict[str, object]:
        return {
            "id": self.call.generation_id,
            "object": "chat.completion",
            "created": int(self.call.received_at.timestamp()),
            "model": self.plan.model.spelling,
            "provider": self.plan.model.provider.name,
            "system_fingerprint": None,
            "service_tier": "default" if self.plan.model.provider.slug == "openai" else None,
            "choices": [choice],
        }

    def _whole_choice(self) -> dict[str, object]:
        plan = self.plan
        message = _message(plan.content, plan.reasoning_text)
        if plan.image_urls:
            message["images"] = plan.image_parts()
        return {
            "index": 0,
            "logprobs": None,
            "finish_reason": plan.finish_reason,
            "native_finish_reason": plan.native_finish_reason,
            "message": message,
        }

    def _failed_choice(self, piece_count: int) -> dict[str, object]:
        return {
            "index": 0,
            "logprobs": None,
            "message": _message("".join(self.plan.pieces[:piece_count]), None),
            "finish_reason": "error",
            "native_finish_reason": "error",
            "error": {
                "code": 502,
                "message": "Provider disconnected mid-stream",
                "metadata": {"error_type": "provider_unavailable"},
            },
        }

    def _chunk(self, choices: list[dict[str, object]], **more: object) -> str:
        return data_event(
            {
                "id": self.call.generation_id,
                "object": "chat.completion.chunk",
                "created": int(self.call.received_at.timestamp()),
                "model": self.plan.model.spelling,
                "provider": self.plan.model.provider.name,
                "choices": choices,
                **more,
            }
        )

    def _finish(self) -> dict[str, object]:
        return _choice(_said(""), self.plan.finish_reason, self.plan.native_finish_reason)


_DISCONNECTED: Final = {
    "code": 502,
    "message": "Provider disconnected unexpectedly",
    "metadata": {"error_type": "provider_unavailable", "provider_code": "upstream_reset"},
}


def _message(content: str, reasoning: str | None) -> dict[str, object]:
    return {"role": "assistant", "content": content, "refusal": None, "reasoning": reasoning}


def _said(text: str) -> dict[str, object]:
    return {"role": "assistant", "content": text}


def _choice(
    delta: Mapping[str, object], reason: str | None = None, native_reason: str | None = None
) -> dict[str, object]:
    return {
        "index": 0,
        "delta": dict(delta),
        "finish_reason": reason,
        "native_finish_reason": native_reason,
    }
