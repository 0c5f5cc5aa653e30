"""One inference request as the simulator sees it, before a model is asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.keys import ApiKey
from ingest.simulator.response_cache import Caching
from ingest.simulator.seeding import Draw


@dataclass(frozen=True)
class Call:
    """An admitted request: who asks, what chance has in store for it, and under which id it runs.

    `ordinal` counts identical requests of the same key: 0 for the first.
    """

    kind: CallKind
    api_key: ApiKey
    requested_model: str
    fault: Fault | None
    draw: Draw
    generation_id: str
    received_at: datetime
    latency_seconds: float
    is_streamed: bool
    session_id: str | None = None
    external_user: str | None = None
    user_agent: str | None = None
    caching: Caching | None = None

    @property
    def cache_source_id(self) -> str | None:
        """The generation whose answer the response cache gives again, free of charge."""
        source = self.caching and self.caching.source
        return source.generation_id if source else None

    @property
    def api_type(self) -> str:
        """OpenRouter's word for the kind of call, as `/generation` gives it."""
        return _API_TYPES.get(self.kind, "completions")


_API_TYPES: Final = {
    CallKind.IMAGE: "image",
    CallKind.EMBEDDING: "embeddings",
    CallKind.RERANK: "rerank",
    CallKind.SPEECH: "tts",
    CallKind.TRANSCRIPTION: "stt",
    CallKind.VIDEO: "video",
    CallKind.BATCH: "batch",
}
