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


@dataclass(frozen=True)
class Requests:
    """Makes the requests of one client.

    They go to its transport as they are: a client of httpx would look into each for cookies,
    redirects and passwords, which no call here has, and takes as long for it as recording does.
    """

    base_url: str
    headers: httpx.Headers = field(repr=False)
    timeout: dict[str, float | None]

    def attempt(self, call: Call, attempt_number: int) -> httpx.Request:
        """One attempt at a call; its extension tells the recorder of which operation."""
        return httpx.Request(
            "POST",
            _address_of(self.base_url, call.path),
            headers=self.headers,
            json=call.payload,
            extensions={
                "timeout": self.timeout,
                OPERATION_EXTENSION: (call.path, call.operation_id, attempt_number),
            },
        )


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


def requests_with(
    api_key: str | None, base_url: str | None, timeout: httpx.Timeout | float
) -> Requests:
    """What makes the requests; key and address from the environment when not given."""
    settings = Settings()
    key = (api_key or settings.openrouter_api_key or "").strip()
    if not key:
        raise UsageError("No API key: set OPENROUTER_API_KEY or pass api_key.")
    if not (key.isascii() and key.isprintable()):
        # Before httpx sees it: its error would repeat the key.
        raise UsageError("The API key is damaged: copy it once more.")
    headers = httpx.Headers({**_HEADERS, "Authorization": f"Bearer {key}"})
    address = server_address(base_url or settings.openrouter_base_url)
    return Requests(address, headers, httpx.Timeout(timeout).as_dict())


def no_answer(error: httpx.RequestError, call: Call, generation_id: str | None = None) -> NoAnswer:
    """The error for a connection that broke, a client that waited long enough, a spoilt body."""
    return NoAnswer(
        f"No whole answer from OpenRouter ({type(error).__name__}); the attempt is recorded, "
        "and `inkledger pull settlements` will learn what it cost.",
        operation_id=call.operation_id,
        generation_id=generation_id,
    )


# To take an address apart takes longer than to record a call.
@functools.lru_cache(maxsize=64)
def _address_of(base_url: str, path: str) -> httpx.URL:
    return httpx.URL(f"{base_url}/{path}")


_HEADERS = {"Accept-Encoding": "gzip, deflate", "User-Agent": f"python-httpx/{httpx.__version__}"}
