"""Where the data lie."""

import os
from pathlib import Path


def published_warehouse() -> Path:
    """Where builds are published: `warehouse.duckdb` in `INKLEDGER_HOME`, or else in `data`."""
    home = Path(os.environ.get("INKLEDGER_HOME") or "data").expanduser()
    return home.absolute() / "warehouse.duckdb"
