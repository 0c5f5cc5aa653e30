"""What a request asks for, as far as the ledger needs it; never what it says."""

import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import httpx
import msgspec

from ingest.settings import OPENROUTER_BASE_URL
from ingest.wire.documents import read_document
from ingest.wire.fields import model_field, session_field, token_field
from ingest.wire.images import images_shown
from ingest.wire.shapes import Request

_FREE_PATHS = {
    "activity", "analytics", "auth", "byok", "containers", "credits", "external-users", "files",
    "generation", "guardrails", "key", "keys", "models", "oauth", "observability", "organization",
    "private-endpoints", "scim", "vault", "workspaces",
}  # fmt: skip
"""First path segments of management calls: they use nothing."""
_AUTHORIZATION, _SESSION = b"authorization", b"x-session-id"
_AUTHORIZATION_LENGTH, _SESSION_LENGTH = len(_AUTHORIZATION), len(_SESSION)
_SLASHES = re.compile("//+")
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
    content: bytes
    """The body, empty if it streams."""
    is_user_open: bool
    """Whether the body is an object that names no `user`."""

    def document(self) -> Mapping[str, Any]:
        """The body as JSON, empty if it is no object."""
        document = _parse(self.content)
        return document if isinstance(document, dict) else {}


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
        bases = [known for known in self._base_urls if _is_host(url, known)]
        if not bases and not self._hosts.isdisjoint((netloc.decode(), url.host)):
            bases = self._base_urls[-1:]
        if not bases:
            return None
        path = _SLASHES.sub("/", url.path)
        # A client of another vendor's is given a shorter base, and writes the rest itself.
        heads = [head for base in bases if path.startswith(head := base.path.rstrip("/") + "/")]
        below = path.removeprefix(max(heads, key=len, default="/")).rstrip("/")
        return token_field(below) or "other"


def read_request(request: httpx.Request, endpoint: str) -> RequestFacts:
    """Read what the ledger asks for; a body that cannot be read leaves it unknown."""
    content = _content(request)
    asked = read_document(content, Request)
    authorization = session = b""
    # Once over the raw ones: each lookup in the library's own takes as long as this.
    for name, value in request.headers.raw:
        if len(name) == _AUTHORIZATION_LENGTH and name.lower() == _AUTHORIZATION:
            authorization = value
        elif len(name) == _SESSION_LENGTH and name.lower() == _SESSION:
            session = value
    told_session = session_field(session.decode("latin-1")) if session else None
    if asked is None:
        key_hash, model = _key_hash(authorization), token_field(_form_model(request))
        return RequestFacts(endpoint, key_hash, model, None, None, told_session, content, False)
    return RequestFacts(
        endpoint,
        _key_hash(authorization),
        model_field(asked.model),
        asked.stream is True,
        images_shown(asked),
        (session_field(asked.session_id) if asked.session_id else None) or told_session,
        content,
        not asked.user,
    )


def _is_host(url: httpx.URL, base_url: httpx.URL) -> bool:
    # eu.openrouter.ai and us.openrouter.ai are the same account.
    host = url.host.rstrip(".")
    is_region = base_url.host == "openrouter.ai" and host.endswith(".openrouter.ai")
    return url.port == base_url.port and (host == base_url.host or is_region)


def _content(request: httpx.Request) -> bytes:
    try:
        return request.content
    except RuntimeError:
        # Sent on by a redirect, it carries its bytes, but not as its content. By name: httpx and
        # httpx2 have a type each. What streams is not ours to consume.
        return request.read() if type(request.stream).__name__ == "ByteStream" else b""


def _parse(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (ValueError, RecursionError):
        # The standard library takes more than a standard says: half a pair of surrogates.
        with suppress(ValueError, RecursionError):
            return json.loads(content)
    return None


def _form_model(request: httpx.Request) -> str | None:
    # Sound is uploaded as a form; its plain fields lie beside the stream, which stays unread.
    fields = getattr(request.stream, "fields", ())
    named = (field for field in fields if field.name == "model")
    value = getattr(next(named, None), "value", None)
    return value if isinstance(value, str) else None


# A program uses few keys, and holds them longer than this does.
@functools.lru_cache(maxsize=16)
def _key_hash(authorization: bytes) -> str | None:
    scheme, _, key = authorization.partition(b" ")
    return hashlib.sha256(key).hexdigest() if scheme.lower() == b"bearer" and key else None
