"""Which calls a budget is for."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from uuid import UUID

from ingest.recording.gate import OutgoingCall


class Purpose(Protocol):
    """The columns of a recorded call that say what it was for."""

    ebook_id: str | None
    run_id: str | None
    api_key_hash: str | None
    started_at: datetime


@dataclass(frozen=True)
class Scope:
    """Calls that are all of this: `None` does not narrow. `is_daily` is the present UTC day."""

    ebook_id: str | None = None
    run_id: str | None = None
    api_key_hash: str | None = None
    is_daily: bool = False

    def covers(self, call: OutgoingCall) -> bool:
        """Whether a call that is about to leave counts."""
        run = call.attribution.run
        return (
            self.ebook_id in (None, call.attribution.ebook_id)
            and self.run_id in (None, run.run_id if run is not None else None)
            and self.api_key_hash in (None, call.facts.api_key_hash)
        )

    def covered(self, call: Purpose, now: datetime) -> bool:
        """Whether a call of the past counts now."""
        since = self.since(now)
        return (
            self.ebook_id in (None, call.ebook_id)
            and self.run_id in (None, call.run_id)
            and self.api_key_hash in (None, call.api_key_hash)
            and (since is None or call.started_at >= since)
        )

    def columns(self) -> dict[str, str]:
        """Column → the value it must have."""
        fixed = {"ebook_id": self.ebook_id, "run_id": self.run_id}
        fixed["api_key_hash"] = self.api_key_hash
        return {name: value for name, value in fixed.items() if value is not None}

    def since(self, now: datetime) -> datetime | None:
        """From when on calls count."""
        return datetime.combine(now.date(), time(), UTC) if self.is_daily else None

    def landed_since(self, now: datetime) -> date | None:
        """The first day on which a call that counts can have landed."""
        since = self.since(now)
        if since is not None:
            return since.date()
        return _day_before_it_was_made(self.run_id) if self.run_id else None

    def __str__(self) -> str:
        parts = [
            f"ebook {self.ebook_id}" if self.ebook_id else "",
            f"run {self.run_id}" if self.run_id else "",
            f"the API key with hash {self.api_key_hash[:8]}…" if self.api_key_hash else "",
        ]
        told = " and ".join(filter(None, parts)) or "all calls"
        return f"{told} today (UTC)" if self.is_daily else told


def hash_of(api_key: str) -> str:
    """The key as the ledger names it; the key itself is not kept."""
    return hashlib.sha256(api_key.strip().encode()).hexdigest()


def _day_before_it_was_made(run_id: str) -> date | None:
    # The id of a run tells when the run began. A day before, for clocks that differ.
    try:
        made = UUID(run_id)
    except ValueError:
        return None
    if made.version != 7:
        return None
    return (datetime.fromtimestamp((made.int >> 80) / 1000, UTC) - timedelta(days=1)).date()
