"""The body of `POST /chat/completions`, as far as it decides what is answered and charged."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ingest.simulator.admission import InferenceRequest


class Message(BaseModel):
    """One message; its content is text or a list of parts."""

    model_config = ConfigDict(frozen=True)

    role: str
    content: str | list[dict[str, Any]] | None = None

    def text(self) -> str:
        """All text of the message."""
        if isinstance(self.content, list):
            return "\n".join(str(part["text"]) for part in self.content if part.get("text"))
        return self.content or ""

    def image_count(self) -> int:
        """How many images the message shows."""
        parts = self.content if isinstance(self.content, list) else []
        return sum(part.get("type") == "image_url" for part in parts)

    def marks_cache(self) -> bool:
        """Whether a part asks to be cached."""
        parts = self.content if isinstance(self.content, list) else []
        return any("cache_control" in part for part in parts)


class Debug(BaseModel):
    """`debug` of the request."""

    echo_upstream_body: bool = False


class ChatRequest(InferenceRequest):
    """What is read of a chat request."""

    is_cacheable = True

    models: list[str] | None = None
    messages: list[Message] = Field(min_length=1)
    modalities: list[str] | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    cache_control: dict[str, Any] | None = None
    plugins: list[dict[str, Any]] | None = None
    debug: Debug | None = None

    def as_chat(self) -> "ChatRequest":
        """What is asked, as every text endpoint can say it."""
        return self

    def requested_model(self) -> str:
        """The model that is asked for first, also when there is only a list of fallbacks."""
        if self.model is None and self.models:
            return self.models[0]
        return super().requested_model()

    def candidates(self) -> list[str]:
        """The models to try, in order: the one that is named, then the fallbacks."""
        first = self.requested_model()
        return [first, *(name for name in self.models or [] if name != first)]

    def last_user_message(self) -> Message:
        """The message that is answered."""
        users = [message for message in self.messages if message.role == "user"]
        return users[-1] if users else self.messages[-1]

    def wants_image(self) -> bool:
        """Whether the answer may hold an image."""
        return "image" in (self.modalities or [])

    def wants_cache(self) -> bool:
        """Whether the caller marked something to be cached."""
        return self.cache_control is not None or any(m.marks_cache() for m in self.messages)

    def wants_web_search(self) -> bool:
        """Whether OpenRouter searches the web first, at a price of its own."""
        has_plugin = any(plugin.get("id") == "web" for plugin in self.plugins or [])
        return has_plugin or self.requested_model().endswith(":online")

    def wants_echo(self) -> bool:
        """Whether a stream begins with a chunk that shows what the provider was asked."""
        return self.debug is not None and self.debug.echo_upstream_body

    def token_limit(self) -> int | None:
        """The most tokens that the answer may have."""
        return self.max_completion_tokens or self.max_tokens
