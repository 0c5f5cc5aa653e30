"""What a request asks for, as far as the ledger needs it; never what it says."""

import functools
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
import msgspec

from ingest.settings import OPENROUTER_BASE_URL
from ingest.wire.fields import object_list, session_field, token_field

_FREE_PATHS = {
    "activity", "analytics", "auth", "byok", "containers", "credits", "external-users", "files",
    "generation", "guardrails", "key", "keys", "models", "oauth", "observability", "organization",
    "private-endpoints", "scim", "vault", "workspaces",
}  # fmt: skip
"""First path segments of management calls: they use nothing."""
_JOB_PATH = re.compile(r"(?:beta/|api/beta/)?(?:videos|batches)/[^/]+")


class RequestFacts(NamedTuple):
    """The billable call that a request makes; `None` is what it does not say."""

    endpoint: str
    api_key_hash: str | None
    requested_model: str | None
    is_streamed: bool | None
    input_image_count: int | None
    session_id: str | None
    """From the body, else from the header: so OpenRouter reads them."""
    document: Mapping[str, Any]
    """The body, empty if it is no JSON object."""


class OpenRouterAddress:
    """Tells OpenRouter's requests from others by host, and billable ones by path.

    OpenRouter's own hosts are known whatever `base_url` says: a call there costs money. `hosts`
    are further ones, as `proxy.example.com` or `localhost:4000`, that pass calls on to it.
    """

    def __init__(self, base_url: str, *, hosts: Sequence[str] = ()) -> None:
        self._base_urls = [httpx.URL(url) for url in (base_url, OPENROUTER_BASE_URL)]
        self._hosts = frozenset(host.lower() for host in hosts)
        # A program calls few addresses, and to take one apart takes longer than to record a call.
        self._path_below = functools.lru_cache(maxsize=256)(self._find_path_below)

    def endpoint(self, request: httpx.Request) -> str | None:
        """The path below the base URL of a call that may cost something; `None` for any other."""
        if request.method != "POST":
            return None
        path = self._path(request)
        return path if path is not None and path.partition("/")[0] not in _FREE_PATHS else None

    def job(self, request: httpx.Request) -> str | None:
        """The path below the base URL of a question for a job, whose answer may tell its cost."""
        if request.method != "GET":
            return None
        path = self._path(request)
        return path if path is not None and _JOB_PATH.fullmatch(path) else None

    def _path(self, request: httpx.Request) -> str | None:
        url = request.url
        return self._path_below(url.scheme, url.netloc, url.raw_path)

    def _find_path_below(self, scheme: str, netloc: bytes, raw_path: bytes) -> str | None:
        url = httpx.URL(scheme=scheme, netloc=netloc, raw_path=raw_path)
        base_url = next((known for known in self._base_urls if _is_host(url, known)), None)
        if base_url is None and not self._hosts.isdisjoint((netloc.decode(), url.host)):
            base_url = self._base_urls[-1]
        if base_url is None:
            return None
        path, base_path = url.path, base_url.path.rstrip("/") + "/"
        below = path.removeprefix(base_path if path.startswith(base_path) else "/").rstrip("/")
        return token_field(below) or "other"


def read_request(request: httpx.Request, endpoint: str) -> RequestFacts:
    """Read what the ledger asks for; a body that cannot be read leaves it unknown."""
    document = _body(request)
    authorization = session = b""
    # Once over the raw ones: each lookup in the library's own takes as long as this.
    for name, value in request.headers.raw:
        lowered = name.lower()
        if lowered == b"authorization":
            authorization = value
        elif lowered == b"x-session-id":
            session = value
    return RequestFacts(
        endpoint=endpoint,
        api_key_hash=_key_hash(authorization),
        requested_model=token_field(document.get("model")),
        is_streamed=document.get("stream") is True if document else None,
        input_image_count=sum(1 for _ in _images(document)) if document else None,
        session_id=_session(document, session) if session or "session_id" in document else None,
        document=document,
    )


def _session(document: dict[str, Any], header: bytes) -> str | None:
    return session_field(document.get("session_id")) or session_field(header.decode("latin-1"))


def _is_host(url: httpx.URL, base_url: httpx.URL) -> bool:
    # eu.openrouter.ai and us.openrouter.ai are the same account.
    is_region = base_url.host == "openrouter.ai" and url.host.endswith(".openrouter.ai")
    return url.port == base_url.port and (url.host == base_url.host or is_region)


def _body(request: httpx.Request) -> dict[str, Any]:
    try:
        document = _parse(request.content)
    except (ValueError, RuntimeError, RecursionError):
        # RuntimeError: an upload that streams, not ours to consume.
        return {}
    return document if isinstance(document, dict) else {}


def _parse(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except ValueError:
        # The standard library takes more than a standard says: half a pair of surrogates.
        return json.loads(content)


# A program uses few keys, and holds them longer than this does.
@functools.lru_cache(maxsize=16)
def _key_hash(authorization: bytes) -> str | None:
    scheme, _, key = authorization.partition(b" ")
    return hashlib.sha256(key).hexdigest() if scheme.lower() == b"bearer" and key else None


def _images(document: dict[str, Any]) -> Iterator[object]:
    references = document.get("input_references")
    yield from references if isinstance(references, list) else ()
    for message in object_list(document.get("messages")):
        for part in object_list(message.get("content")):
            if part.get("type") == "image_url":
                yield part
