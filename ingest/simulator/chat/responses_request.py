"""The body of `POST /responses`, as far as it decides what is answered and charged."""

from collections.abc import Mapping
from typing import Any, Final

from ingest.simulator.admission import InferenceRequest
from ingest.simulator.chat.request import ChatRequest
from ingest.simulator.refusals import Refusal


class ResponsesRequest(InferenceRequest):
    """What is read of a request to `/responses`."""

    is_cacheable = True

    input: str | list[dict[str, Any]]
    models: list[str] | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    plugins: list[dict[str, Any]] | None = None
    previous_response_id: str | None = None

    def as_chat(self) -> ChatRequest:
        """The same question as a chat asks it; raises `Refusal` (400), for nothing is stored."""
        if self.previous_response_id is not None:
            raise Refusal(400, "previous_response_id: responses are not stored")
        items = self.input if isinstance(self.input, list) else [{"content": self.input}]
        system = [{"role": "system", "content": self.instructions}] if self.instructions else []
        messages = [_message(item) for item in items if "content" in item]
        chat = {
            "model": self.model,
            "models": self.models,
            "plugins": self.plugins,
            "max_tokens": self.max_output_tokens,
            "messages": system + messages,
        }
        return ChatRequest.model_validate(chat)


def _message(item: Mapping[str, Any]) -> dict[str, object]:
    content = item["content"]
    if isinstance(content, list):
        content = [part | {"type": _PARTS.get(part.get("type"), "text")} for part in content]
    return {"role": item.get("role", "user"), "content": content}


_PARTS: Final = {"input_image": "image_url"}
