"""What a pull brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.lake import Lake
from ingest.pull.answers import Answers
from ingest.records import Quarantined


@dataclass(frozen=True, slots=True)
class PullResult:
    """Counts of rows, and the generations that are still without an answer."""

    landed_count: int
    quarantined_count: int = 0
    not_yet_known: tuple[str, ...] = ()
    """Generations that OpenRouter has no record of yet; the next pull asks for them again."""
    refused: tuple[str, ...] = ()
    """Generations that this key may not ask for: they were made with another account's key."""
    found_count: int = 0
    """Calls that had died without a generation id, and that a generation was matched to."""
    lost_count: int = 0
    """Such calls that nothing was matched to: not billed, not on record yet, or not looked for."""


def land_answers(lake: Lake, name: str, answers: Answers[Any], landed_at: datetime) -> PullResult:
    """Land what was read as the file `name`, and what was not in quarantine."""
    lands = lake.land(answers.table_name, name, answers.records, landed_at) is not None
    unknown = _unknown(lake, answers.quarantined)
    lake.land("quarantine", name, unknown, landed_at)
    return PullResult(
        landed_count=len(answers.records) if lands else 0,
        quarantined_count=len(answers.quarantined),
    )


def _unknown(lake: Lake, quarantined: Sequence[Quarantined]) -> list[Quarantined]:
    if not quarantined:
        return []
    # The same bad answer to the next pull is no second one.
    known = set(lake.scan("quarantine").select("quarantine_id").collect()["quarantine_id"])
    return [row for row in quarantined if row.quarantine_id not in known]
