"""Small exports, written as files, and what landed of them."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.imports.activity import import_activity
from ingest.imports.attribution_rules import AttributionRules, load_rules
from ingest.imports.import_result import ImportResult
from ingest.lake import Lake

IMPORTED_AT = datetime(2026, 5, 1, 12, tzinfo=UTC)

CALL = {
    "generation_id": "gen-1776283905-9fd39ec783eaabf60e3f",
    "created_at": "2026-04-15 20:11:45.760",
    "cost_total": "0.000364",
    "byok_usage_inference": "0",
    "tokens_prompt": "1621",
    "tokens_completion": "1005",
    "tokens_reasoning": "793",
    "tokens_cached": "67",
    "model_permaslug": "openai/gpt-oss-20b",
    "provider_name": "Google",
    "variant": "standard",
    "cancelled": "false",
    "streamed": "true",
    "finish_reason_raw": "STOP",
    "finish_reason_normalized": "stop",
    "generation_time_ms": "2902",
    "time_to_first_token_ms": "213",
    "app_name": "Colouring studio",
    "api_key_name": "press",
}

DAY = {
    "Date": "2026-04-16 00:00:00",
    "Slug": "openai/gpt-5-nano",
    "Usage": "0.001267",
    "BYOK Usage": "0.5",
    "Requests": "1",
    "Prompt Tokens": "9475",
    "Completion Tokens": "1984",
    "Reasoning Tokens": "1984",
    "API Key": "press",
}


def csv_text(*rows: Mapping[str, str], delimiter: str = ",") -> str:
    """Rows as CSV under the columns of the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def without(row: Mapping[str, str], *columns: str) -> dict[str, str]:
    """A row of an export that has not got some columns."""
    return {name: cell for name, cell in row.items() if name not in columns}


@dataclass
class Desk:
    """A folder for exports beside a lake, and one import after the other, a day apart."""

    folder: Path
    rules: AttributionRules = field(default_factory=AttributionRules)
    imported_at: datetime = IMPORTED_AT

    @property
    def lake(self) -> Lake:
        return Lake(self.folder / "lake")

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def use_rules(self, text: str) -> None:
        self.rules = load_rules(self.write("attribution.toml", text))

    def import_files(self, *paths: Path) -> ImportResult:
        self.imported_at += timedelta(days=1)
        return import_activity(paths, self.lake, rules=self.rules, landed_at=self.imported_at)

    def import_text(self, content: str | bytes, name: str = "activity.csv") -> ImportResult:
        return self.import_files(self.write(name, content))

    def rows(self, table_name: str) -> list[dict[str, Any]]:
        """All rows of a table, the earliest landed first."""
        return self.lake.scan(table_name).collect().sort("landed_at").to_dicts()

    def call(self, **changes: str) -> dict[str, Any]:
        """Import one call and give back what landed of it."""
        self.import_text(csv_text({**CALL, **changes}))
        (row,) = self.rows("usage_events")
        return row

    def reasons(self, rows: Sequence[dict[str, str]]) -> list[str]:
        """Import calls and give back why rows were set aside."""
        self.import_text(csv_text(*rows))
        return [row["reason"] for row in self.rows("quarantine")]
