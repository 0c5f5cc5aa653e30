"""Make the folder that the warehouse is built in, before DuckDB opens a file there."""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Called by dbt-duckdb right before it connects to `creds.path`."""
        Path(creds.path).parent.mkdir(parents=True, exist_ok=True)
