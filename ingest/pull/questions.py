"""What is asked of `GET /generation`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A generation to ask for, and when the newest attempt that has its id was last heard of."""

    generation_id: str
    heard_at: datetime
    may_be_billed: bool = True
    """Whether a record of it must come: there may be none of a refusal that costs nothing."""
