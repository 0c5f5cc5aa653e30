"""A lake in which nothing lands: an import rehearsed on it says what it would do."""

from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.lake import Lake


class Rehearsal(Lake):
    """The lake as it is, read and never written."""

    def land_rows(
        self,
        table_name: str,
        file_name: str,
        rows: Any,  # noqa: ARG002 - as `Lake` is asked
        landed_at: datetime,  # noqa: ARG002 - as `Lake` is asked
    ) -> Path | None:
        """Where `Lake.land_rows` would have written, or `None` if it would have done nothing."""
        if self.has(table_name, file_name):
            return None
        return self.root / table_name / f"{file_name}.parquet"
