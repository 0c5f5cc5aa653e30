"""One inference request as the simulator sees it, before a model is asked."""

from dataclasses import dataclass
from datetime import datetime

from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.keys import ApiKey
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

    @property
    def api_type(self) -> str:
        """OpenRouter's word for the kind of call, as `/generation` gives it."""
        return _API_TYPES.get(self.kind, "completions")


_API_TYPES = {CallKind.IMAGE: "image", CallKind.EMBEDDING: "embeddings"}
