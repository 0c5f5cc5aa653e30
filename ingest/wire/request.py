"""What a request asks for, as far as the ledger needs it; never what it says."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from ingest.money import loads

_FREE_PATHS = {
    "activity", "analytics", "auth", "credits", "generation", "guardrails", "key", "keys",
    "models", "observability", "organization", "workspaces",
}  # fmt: skip
"""First path segments of management calls: they use nothing."""


@dataclass(frozen=True)
class RequestFacts:
    """The billable call that a request makes."""

    endpoint: str
    api_key_hash: str | None = None
    requested_model: str | None = None
    is_streamed: bool | None = None
    input_image_count: int | None = None


class OpenRouterAddress:
    """Tells OpenRouter's requests from others by host, and billable ones by path."""

    def __init__(self, base_url: str) -> None:
        url = httpx.URL(base_url)
        self._host = url.host
        self._port = url.port
        self._path = url.path.rstrip("/") + "/"

    def endpoint(self, request: httpx.Request) -> str | None:
        """The path below the base URL of a call that may cost something; `None` for any other."""
        is_here = request.url.port == self._port and self._is_host(request.url.host)
        path = request.url.path
        if not is_here or request.method != "POST":
            return None
        endpoint = path.removeprefix(self._path if path.startswith(self._path) else "/").rstrip("/")
        return None if endpoint.partition("/")[0] in _FREE_PATHS else endpoint

    def _is_host(self, host: str) -> bool:
        # eu.openrouter.ai and us.openrouter.ai are the same account.
        return host == self._host or (
            self._host == "openrouter.ai" and host.endswith(".openrouter.ai")
        )


def read_request(request: httpx.Request, endpoint: str) -> RequestFacts:
    """Read model, streaming and image count; a body that cannot be read leaves them unknown."""
    document = _body(request)
    return RequestFacts(
        endpoint=endpoint,
        api_key_hash=_key_hash(request),
        requested_model=_text(document.get("model")),
        is_streamed=document.get("stream") is True if document else None,
        input_image_count=sum(1 for _ in _images(document)) if document else None,
    )


def _body(request: httpx.Request) -> dict[str, Any]:
    try:
        document = loads(request.content)
    except (ValueError, RuntimeError):  # RuntimeError: an upload that streams, not ours to consume.
        return {}
    return document if isinstance(document, dict) else {}


def _key_hash(request: httpx.Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return hashlib.sha256(key.encode()).hexdigest() if scheme.lower() == "bearer" and key else None


def _images(document: dict[str, Any]) -> Iterator[object]:
    references = document.get("input_references")
    yield from references if isinstance(references, list) else ()
    messages = document.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == "image_url":
                yield part


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
