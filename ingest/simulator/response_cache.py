"""OpenRouter's own cache of whole replies, for those who ask for it with `X-OpenRouter-Cache`.

The same request within its time to live is answered again, free, under a new generation id.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.simulator.seeding import Draw

_DEFAULT_TTL_SECONDS = 300
_LONGEST_TTL_SECONDS = 86_400


@dataclass(frozen=True)
class CachedReply:
    """A reply that can be given again: its chance decides every word of it."""

    generation_id: str
    draw: Draw
    kept_at: datetime
    ttl_seconds: int

    def age_seconds(self, now: datetime) -> int:
        """How old it is, in whole seconds."""
        return int((now - self.kept_at).total_seconds())


@dataclass(frozen=True)
class Caching:
    """What one request wants of the cache, and the earlier reply that answers it, if any."""

    key: str
    ttl_seconds: int
    source: CachedReply | None
    asked_at: datetime

    def headers(self) -> dict[str, str]:
        """The headers that say whether the cache answered."""
        if self.source is None:
            return {"X-OpenRouter-Cache-Status": "MISS"}
        age = self.source.age_seconds(self.asked_at)
        return {
            "X-OpenRouter-Cache-Status": "HIT",
            "X-OpenRouter-Cache-Age": str(age),
            "X-OpenRouter-Cache-TTL": str(self.source.ttl_seconds - age),
            "X-OpenRouter-Cache-Source-Id": self.source.generation_id,
        }


class ResponseCache:
    """The replies that are kept. Equal requests under way at the same time are all charged."""

    def __init__(self) -> None:
        self._replies: dict[str, CachedReply] = {}

    def look_up(
        self, headers: Mapping[str, str], identity: tuple[str, ...], body: bytes, now: datetime
    ) -> Caching | None:
        """What the cache does for a request of this key and path; null if it was not asked."""
        if headers.get("x-openrouter-cache", "").lower() != "true":
            return None
        key = "\x1f".join([*identity, hashlib.sha256(body).hexdigest()])
        if headers.get("x-openrouter-cache-clear", "").lower() == "true":
            self._replies.pop(key, None)
        kept = self._replies.get(key)
        if kept and now - kept.kept_at >= timedelta(seconds=kept.ttl_seconds):
            kept = None
        return Caching(key, _ttl_seconds(headers), kept, now)

    def keep(self, caching: Caching, generation_id: str, draw: Draw, now: datetime) -> None:
        """Keep what a request was answered with, unless that came from here."""
        if caching.source is None:
            reply = CachedReply(generation_id, draw, now, caching.ttl_seconds)
            self._replies[caching.key] = reply


def _ttl_seconds(headers: Mapping[str, str]) -> int:
    text = headers.get("x-openrouter-cache-ttl", "")
    asked = int(text) if text.isdecimal() else _DEFAULT_TTL_SECONDS
    return max(1, min(asked, _LONGEST_TTL_SECONDS))
