"""What one sync leaves for the next: what people have been told, and when prices were asked for."""

import json
import os
from dataclasses import dataclass
from datetime import date

from ingest.settings import Home


@dataclass(frozen=True)
class State:
    """As of the last sync; in the beginning nobody was told anything."""

    told: frozenset[str] = frozenset()
    """The keys of the alerts that stood and were delivered."""
    unknown_count: int = 0
    """Calls of unknown cost older than a day, then."""
    prices_date: date | None = None
    """The UTC day on which prices were pulled."""


def load_state(home: Home) -> State:
    """What was saved. A file that is gone or spoilt is none: everything is told once more."""
    try:
        saved = json.loads((home.build / "sync.json").read_text("utf-8"))
        return State(
            frozenset(saved["told"]),
            int(saved["unknown_count"]),
            date.fromisoformat(saved["prices_date"]) if saved["prices_date"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return State()


def save_state(home: Home, state: State) -> None:
    """Replace what was saved, whole."""
    written = home.build / f"sync.json.{os.getpid()}"
    written.write_text(
        json.dumps(
            {
                "told": sorted(state.told),
                "unknown_count": state.unknown_count,
                "prices_date": state.prices_date.isoformat() if state.prices_date else None,
            }
        ),
        "utf-8",
    )
    written.replace(home.build / "sync.json")
