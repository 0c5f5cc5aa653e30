"""Where data live and which keys to use: arguments first, then the environment."""

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ingest.errors import UsageError

OPENROUTER_BASE_URL = "https://openrouter.ai/api/v1"


def _variable(name: str) -> str | None:
    # An empty variable is how compose files and CI leave one unset.
    return os.environ.get(name) or None


@dataclass(frozen=True)
class Settings:
    """Read once at the edge (a command, a client) and passed on; never read at import."""

    # With `~` as the shell would have read it: a compose file or a notebook hands it on as it is.
    home: Path = field(
        default_factory=lambda: Path(_variable("INKLEDGER_HOME") or "data").expanduser()
    )
    openrouter_api_key: str | None = field(
        default_factory=partial(_variable, "OPENROUTER_API_KEY"), repr=False
    )
    openrouter_management_key: str | None = field(
        default_factory=partial(_variable, "OPENROUTER_MANAGEMENT_KEY"), repr=False
    )
    openrouter_base_url: str = field(
        default_factory=lambda: _variable("OPENROUTER_BASE_URL") or OPENROUTER_BASE_URL
    )


def server_address(base_url: str) -> str:
    """`base_url` without what does not matter. Raises `UsageError` if it is no server's address."""
    address = base_url.strip().rstrip("/")
    if not address.startswith(("https://", "http://")):
        raise UsageError("OPENROUTER_BASE_URL must begin with https:// or http://: mend it.")
    return address


class Home:
    """The folders under one `INKLEDGER_HOME`; nothing is created by naming them."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.spool = self.root / "spool"
        self.lake = self.root / "lake"
        self.build = self.root / ".build"
        self.build_warehouse = self.build / "warehouse.duckdb"
        self.warehouse = self.root / "warehouse.duckdb"
        self.demo = self.root / "demo"
