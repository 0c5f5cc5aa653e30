"""The form of `/responses`: items of output, typed events, usage in input and output."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.chat.plan import ChatPlan
from ingest.simulator.faults import Fault
from ingest.simulator.sse import DONE, data_event
from ingest.simulator.usage_report import responses_usage


@dataclass(frozen=True)
class Responses:
    """A planned answer as a response object, or as the events of one."""

    call: Call
    plan: ChatPlan
    _sequence: Iterator[int] = field(default_factory=count)

    def body(self) -> tuple[dict[str, object], Outcome]:
        """The response; one that failed says so in its status, with HTTP 200."""
        if self.call.fault is Fault.CHOICE_ERROR:
            outcome = self.plan.failed(self.call.draw.integer("produced", 0, self.plan.piece_count))
            return self._response("failed", error=_FAILED), outcome
        outcome = self.plan.finished()
        return self._finished(outcome), outcome

    def opening(self) -> Iterator[str]:
        """The response begins, and in it an item, and in that a part."""
        response = self._response("in_progress")
        yield self._event("response.created", response=response)
        yield self._event("response.in_progress", response=response)
        item = self._item("in_progress", [])
        yield self._event("response.output_item.added", output_index=0, item=item)
        yield self._event("response.content_part.added", **self._place(), part=_part(""))

    def piece(self, number: int) -> str:
        """A delta of text."""
        delta = self.plan.pieces[number]
        return self._event("response.output_text.delta", **self._place(), delta=delta, logprobs=[])

    def finish(self) -> Iterator[str]:
        """The text, the part and the item are done."""
        text, part = self.plan.content, _part(self.plan.content)
        yield self._event("response.output_text.done", **self._place(), text=text, logprobs=[])
        yield self._event("response.content_part.done", **self._place(), part=part)
        item = self._item("completed", [part])
        yield self._event("response.output_item.done", output_index=0, item=item)

    def settlement(self) -> Iterator[str]:
        """The whole response once more, now with its usage."""
        response = self._finished(self.plan.finished())
        yield self._event(f"response.{response['status']}", response=response)
        yield DONE

    def failure(self, outcome: Outcome) -> Iterator[str]:
        """An error that stands for itself, or a failed response with a usage; then the end."""
        if self.call.fault is Fault.ERROR_MID_STREAM:
            yield self._event("error", **_FAILED, param=None)
        else:
            usage = responses_usage(outcome.tokens, outcome.charge)
            response = self._response("failed", error=_FAILED, usage=usage)
            yield self._event("response.failed", response=response)
        yield DONE

    def _finished(self, outcome: Outcome) -> dict[str, object]:
        more: dict[str, object] = {"output": [self._item("completed", [_part(self.plan.content)])]}
        if self.call.fault is not Fault.NO_USAGE:
            searches = self.plan.web_search_count
            more["usage"] = responses_usage(outcome.tokens, outcome.charge, searches)
        if self.plan.finish_reason == "length":
            details = {"reason": "max_output_tokens"}
            return self._response("incomplete", incomplete_details=details, **more)
        completed_at = int(self.call.received_at.timestamp())
        return self._response("completed", completed_at=completed_at, **more)

    def _response(self, status: str, **more: object) -> dict[str, object]:
        return {
            "id": self.call.generation_id,
            "object": "response",
            "created_at": int(self.call.received_at.timestamp()),
            "model": self.plan.model.spelling,
            "status": status,
            **_UNSET,
            **more,
        }

    def _item(self, status: str, content: list[dict[str, object]]) -> dict[str, object]:
        return {
            "type": "message",
            "id": self._item_id(),
            "role": "assistant",
            "status": status,
            "content": content,
        }

    def _item_id(self) -> str:
        return f"msg_{self.call.draw.token('item', 20)}"

    def _place(self) -> dict[str, Any]:
        return {"item_id": self._item_id(), "output_index": 0, "content_index": 0}

    def _event(self, name: str, **more: object) -> str:
        return data_event({"type": name, "sequence_number": next(self._sequence), **more})


def _part(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": []}


_FAILED: Final = {"code": "server_error", "message": "Provider disconnected unexpectedly"}
_UNSET: Final[dict[str, object]] = {
    "completed_at": None,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": None,
    "frequency_penalty": None,
    "presence_penalty": None,
    "temperature": None,
    "top_p": None,
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "output": [],
}
