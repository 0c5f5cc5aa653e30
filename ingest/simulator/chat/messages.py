"""The form of `/messages`: Anthropic's, with named events; its streams say no cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from ingest.simulator.admission import InferenceRequest
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.chat.plan import ChatPlan
from ingest.simulator.chat.request import ChatRequest
from ingest.simulator.faults import Fault
from ingest.simulator.sse import named_event
from ingest.simulator.usage_report import messages_usage, without_cost


class MessagesRequest(InferenceRequest):
    """What is read of a request to `/messages`."""

    is_cacheable = True

    messages: list[dict[str, Any]] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    system: str | list[dict[str, Any]] | None = None
    models: list[str] | None = None
    plugins: list[dict[str, Any]] | None = None
    cache_control: dict[str, Any] | None = None

    def as_chat(self) -> ChatRequest:
        """The same question as a chat asks it."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        chat = self.model_dump(exclude={"system", "messages"})
        messages = [message | {"content": _parts(message)} for message in self.messages]
        return ChatRequest.model_validate(chat | {"messages": system + messages})


def _parts(message: dict[str, Any]) -> object:
    content = message.get("content")
    if not isinstance(content, list):
        return content
    is_image = {"type": "image_url"}
    return [part | (is_image if part.get("type") == "image" else {}) for part in content]


@dataclass(frozen=True)
class Messages:
    """A planned answer as a message, or as the events of one."""

    call: Call
    plan: ChatPlan

    def body(self) -> tuple[dict[str, object], Outcome]:
        """The message."""
        outcome = self.plan.finished()
        more: dict[str, object] = {"stop_reason": self._stop_reason()}
        if self.call.fault is not Fault.NO_USAGE:
            more["usage"] = self._usage(outcome)
        return self._message([{"type": "text", "text": self.plan.content}], **more), outcome

    def opening(self) -> Iterator[str]:
        """The message begins with what was put in, and in it a block."""
        usage = without_cost(self._usage(self.plan.finished())) | {"output_tokens": 1}
        yield named_event({"type": "message_start", "message": self._message([], usage=usage)})
        block = {"type": "text", "text": ""}
        yield named_event({"type": "content_block_start", "index": 0, "content_block": block})
        yield named_event({"type": "ping"})

    def piece(self, number: int) -> str:
        """A delta of text."""
        delta = {"type": "text_delta", "text": self.plan.pieces[number]}
        return named_event({"type": "content_block_delta", "index": 0, "delta": delta})

    def finish(self) -> Iterator[str]:
        """The block ends."""
        yield named_event({"type": "content_block_stop", "index": 0})

    def settlement(self) -> list[str]:
        """Why it stopped and what it counted, but not what it cost."""
        delta: dict[str, object] = {
            "type": "message_delta",
            "delta": {"stop_reason": self._stop_reason(), "stop_sequence": None},
        }
        if self.call.fault is not Fault.NO_USAGE:
            delta["usage"] = without_cost(self._usage(self.plan.finished()))
        return [named_event(delta), named_event({"type": "message_stop"})]

    def failure(self, _: Outcome) -> list[str]:
        """An error event, and no more."""
        error = {
            "type": "api_error",
            "message": "Provider disconnected unexpectedly",
            "error_type": "provider_unavailable",
        }
        return [named_event({"type": "error", "error": error, "request_id": None})]

    def _usage(self, outcome: Outcome) -> dict[str, object]:
        return messages_usage(outcome.tokens, outcome.charge, self.plan.web_search_count)

    def _stop_reason(self) -> str:
        return _STOP_REASONS[self.plan.finish_reason]

    def _message(self, content: list[dict[str, object]], **more: object) -> dict[str, object]:
        return {
            "id": self.call.generation_id,
            "type": "message",
            "role": "assistant",
            "container": None,
            "model": self.plan.model.spelling,
            "provider": self.plan.model.provider.name,
            "content": content,
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            **more,
        }


_STOP_REASONS: Final = {"stop": "end_turn", "length": "max_tokens"}
