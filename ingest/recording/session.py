"""Telling OpenRouter what a call belongs to, so that it can be found there if we die with it."""

from typing import TYPE_CHECKING

from ingest.recording.library import library_of

if TYPE_CHECKING:
    import httpx

    from ingest.wire.request import RequestFacts

_TAKES_USER = {"chat/completions", "completions", "embeddings", "images", "responses"}


def telling(
    request: "httpx.Request", facts: "RequestFacts", session_id: str, run_id: str | None
) -> "httpx.Request":
    """The request to send: with `session_id` as a header, and the run as `user` in its body.

    `user` is the one word of ours by which analytics can be asked. It is written into the body's
    text, so that what the caller wrote stays byte for byte. A session or a user of the caller's
    own stays, and so does a body that is no JSON object with fields, and one that OpenRouter's
    response cache is to find again: it knows a request by its body.
    """
    if facts.session_id is None:
        request.headers["x-session-id"] = session_id
    if run_id is None or not facts.is_user_open or facts.endpoint not in _TAKES_USER:
        return request
    return _with_user(request, facts.content, run_id)


def _wants_cache(request: "httpx.Request") -> bool:
    return any(name.lower() == b"x-openrouter-cache" for name, _ in request.headers.raw)


def _with_user(request: "httpx.Request", content: bytes, run_id: str) -> "httpx.Request":
    before, brace, after = content.partition(b"{")
    if after.lstrip().startswith(b"}") or _wants_cache(request):
        return request
    body = before + brace + f'"user":"{run_id}",'.encode() + after
    # A new one: there are transports that send a request's content, and others its stream.
    headers = request.headers.copy()
    headers["content-length"] = str(len(body))
    told: httpx.Request = library_of(type(request)).Request(
        request.method,
        request.url,
        headers=headers,
        content=body,
        extensions=request.extensions,
    )
    return told
