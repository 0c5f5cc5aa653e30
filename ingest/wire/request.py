"""What a request asks for, as far as the ledger needs it; never what it says."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from ingest.money import loads
from ingest.settings import OPENROUTER_BASE_URL
from ingest.wire.fields import object_list, text_field

_FREE_PATHS = {
    "activity", "analytics", "auth", "byok", "containers", "credits", "external-users", "files",
    "generation", "guardrails", "key", "keys", "models", "oauth", "observability", "organization",
    "private-endpoints", "scim", "vault", "workspaces",
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
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    session_id: str | None = None
    has_user: bool = False


class OpenRouterAddress:
    """Tells OpenRouter's requests from others by host, and billable ones by path.

    OpenRouter's own hosts are known whatever `base_url` says: a call there costs money.
    """

    def __init__(self, base_url: str, *, hosts: Sequence[str] = ()) -> None:
        self._base_urls = [httpx.URL(url) for url in (base_url, OPENROUTER_BASE_URL)]

    def endpoint(self, request: httpx.Request) -> str | None:
        """The path below the base URL of a call that may cost something; `None` for any other."""
        base_url = next((url for url in self._base_urls if _is_host(request.url, url)), None)
        if base_url is None or request.method != "POST":
            return None
        path, base_path = request.url.path, base_url.path.rstrip("/") + "/"
        endpoint = path.removeprefix(base_path if path.startswith(base_path) else "/").rstrip("/")
        return None if endpoint.partition("/")[0] in _FREE_PATHS else endpoint


def read_request(request: httpx.Request, endpoint: str) -> RequestFacts:
    """Read model, streaming and image count; a body that cannot be read leaves them unknown."""
    document = _body(request)
    return RequestFacts(
        endpoint=endpoint,
        api_key_hash=_key_hash(request),
        requested_model=text_field(document.get("model")),
        is_streamed=document.get("stream") is True if document else None,
        input_image_count=sum(1 for _ in _images(document)) if document else None,
        document=document,
        session_id=text_field(document.get("session_id")) or request.headers.get("x-session-id"),
        has_user="user" in document,
    )


def _is_host(url: httpx.URL, base_url: httpx.URL) -> bool:
    # eu.openrouter.ai and us.openrouter.ai are the same account.
    is_region = base_url.host == "openrouter.ai" and url.host.endswith(".openrouter.ai")
    return url.port == base_url.port and (url.host == base_url.host or is_region)


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
    for message in object_list(document.get("messages")):
        for part in object_list(message.get("content")):
            if part.get("type") == "image_url":
                yield part
