"""What both clients send: the payload of each kind of call, and how an operation is named."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from ingest.errors import NoAnswer, UsageError
from ingest.identifiers import new_id
from ingest.recording.recorder import OPERATION_EXTENSION
from ingest.settings import Settings, server_address

Message = Mapping[str, Any]
TIMEOUT = httpx.Timeout(connect=10, read=600, write=60, pool=60)
"""Image models take minutes; giving up early does not stop the bill."""


@dataclass(frozen=True)
class Call:
    """One operation: where it goes, what it carries, and the id its attempts share."""

    path: str
    payload: dict[str, Any]
    operation_id: str = field(default_factory=new_id)

    def extensions(self, attempt_number: int) -> dict[str, Any]:
        """The request extensions that tell the recorder which attempt of which operation it is."""
        return {OPERATION_EXTENSION: (self.path, self.operation_id, attempt_number)}


def chat_call(
    model: str, messages: Sequence[Message], stream: bool, parameters: dict[str, Any]
) -> Call:
    """`POST /chat/completions`."""
    payload = {"model": model, "messages": list(messages), **parameters}
    return Call("chat/completions", {**payload, "stream": True} if stream else payload)


def image_call(
    model: str, prompt: str, through: Literal["images", "chat"], parameters: dict[str, Any]
) -> Call:
    """`POST /images`, or image output of a chat model."""
    if through == "images":
        return Call("images", {"model": model, "prompt": prompt, **parameters})
    messages = [{"role": "user", "content": prompt}]
    return chat_call(model, messages, False, {"modalities": ["image", "text"], **parameters})


def embed_call(model: str, texts: str | Sequence[str], parameters: dict[str, Any]) -> Call:
    """`POST /embeddings`."""
    return Call("embeddings", {"model": model, "input": texts, **parameters})


def client_options(
    api_key: str | None, base_url: str | None, timeout: httpx.Timeout | float
) -> tuple[str, dict[str, Any]]:
    """Base URL, and options of the httpx client; both from the environment when not given."""
    settings = Settings()
    key = (api_key or settings.openrouter_api_key or "").strip()
    if not key:
        raise UsageError("No API key: set OPENROUTER_API_KEY or pass api_key.")
    if not (key.isascii() and key.isprintable()):
        # Before httpx sees it: its error would repeat the key.
        raise UsageError("The API key is damaged: copy it once more.")
    options = {"headers": {"Authorization": f"Bearer {key}"}, "timeout": timeout}
    return server_address(base_url or settings.openrouter_base_url), options


@functools.lru_cache(maxsize=64)
def address_of(base_url: str, path: str) -> httpx.URL:
    """Where a call goes. To take an address apart takes longer than to record a call."""
    return httpx.URL(f"{base_url}/{path}")


def no_answer(error: httpx.RequestError, call: Call, generation_id: str | None = None) -> NoAnswer:
    """The error for a connection that broke, a client that waited long enough, a spoilt body."""
    return NoAnswer(
        f"No whole answer from OpenRouter ({type(error).__name__}); the attempt is recorded, "
        "and `inkledger pull settlements` will learn what it cost.",
        operation_id=call.operation_id,
        generation_id=generation_id,
    )
