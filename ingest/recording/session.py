"""Telling OpenRouter what a call belongs to, so that it can be found there if we die with it."""

from typing import TYPE_CHECKING

from ingest.recording.library import library_of

if TYPE_CHECKING:
    import httpx

    from ingest.wire.request import RequestFacts

_TAKES_USER = {"chat/completions", "completions", "embeddings", "images", "responses"}


def tell_session(request: "httpx.Request", facts: "RequestFacts", session_id: str) -> None:
    """Send `session_id` as a header; a session of the caller's own stays."""
    if facts.session_id is None:
        request.headers["x-session-id"] = session_id


def tell_user(request: "httpx.Request", facts: "RequestFacts", run_id: str) -> None:
    """Send the run as `user`, the one word of ours by which analytics can be asked.

    Written into the body's text: what the caller sent stays byte for byte. A `user` of the
    caller's own stays, and so does a body that is no JSON object with fields.
    """
    if "user" in facts.document or not facts.document or facts.endpoint not in _TAKES_USER:
        return
    before, brace, after = request.content.partition(b"{")
    body = before + brace + f'"user":"{run_id}",'.encode() + after
    request.stream = library_of(request).ByteStream(body)
    request.headers["content-length"] = str(len(body))
