"""Say in which folder the warehouse is built, and make it, before DuckDB opens a file there."""

import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Called once. A home in `profiles.yml` would have dbt read the project anew for each."""
        self._folder = Path(os.environ.get("INKLEDGER_HOME") or "../data", ".build")

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Called by dbt-duckdb right before it connects to `creds.path`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        creds.path = str(self._folder / Path(creds.path).name)
