"""Work that is answered before it is done: a video, a batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Job:
    """What is told of a job until `done_at`, and from then on."""

    api_key_hash: str
    done_at: datetime
    pending: Mapping[str, object]
    done: Mapping[str, object]

    def body(self, now: datetime) -> dict[str, object]:
        """What is told of it now."""
        return dict(self.done if now >= self.done_at else self.pending)
