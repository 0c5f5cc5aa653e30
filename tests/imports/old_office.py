"""An old back office to import from, one import after the other, a day apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.imports.back_office import open_back_office
from ingest.imports.legacy import import_legacy
from ingest.imports.legacy_mapping import load_mapping
from ingest.imports.legacy_result import LegacyResult
from ingest.lake import Lake
from tests.postgres import Postgres

TOKENS = "(1, 'req-1', 'google/gemini-2.5-flash', 120, 40, 0.001234, '2026-03-01 10:00:00.25', '7')"
IMAGES = "(1, 'req-1', 'google/gemini-2.5-flash-image', 2, 1, 0.038782, '2026-03-01 10:01', '7')"


@dataclass
class OldOffice:
    """A database with both tables, and a home beside it."""

    server: Postgres
    database: str
    folder: Path
    imported_at: datetime = datetime(2026, 5, 1, 12, tzinfo=UTC)
    mapping: str | None = None

    @property
    def lake(self) -> Lake:
        return Lake(self.folder / "lake")

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.database)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.server.ask(self.database, query)

    def add(self, tokens: str = "", images: str = "") -> None:
        for table_name, rows in (("token_usages", tokens), ("image_usages", images)):
            if rows:
                self.ask(f"insert into {table_name} values {rows}")

    def many(self, row_count: int) -> None:
        """So many texts, of a hundred requests and nine ebooks."""
        self.ask(
            "insert into token_usages select g, 'req-' || g % 100, 'openai/gpt-5-nano', g % 900, "
            "g % 300, (g % 977) * 0.000013, timestamp '2026-03-01' + g * interval '1 second', "
            f"nullif('book-' || g % 9, 'book-4') from generate_series(1, {row_count}) as g"
        )

    def import_all(
        self,
        *,
        schema: str = "public",
        batch_rows: int = 100,
        recorded: Mapping[str, datetime] | None = None,
        until: datetime | None = None,
        name: str | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> LegacyResult:
        self.imported_at += timedelta(days=1)
        names = None
        if self.mapping is not None:
            path = self.folder / "legacy.toml"
            path.write_text(self.mapping)
            names = load_mapping(path)
        with open_back_office(self.dsn, schema, batch_rows=batch_rows) as office:
            return import_legacy(
                office,
                self.lake,
                name=name,
                names=names,
                recorded=recorded,
                until=until,
                progress=progress,
                clock=lambda: self.imported_at,
            )

    def rows(self, table_name: str = "usage_events") -> list[dict[str, Any]]:
        return self.lake.scan(table_name).collect().sort("landed_at").to_dicts()

    def newest(self) -> dict[str, dict[str, Any]]:
        """The newest landing of each row, which is the one that counts."""
        return {row["event_id"]: row for row in self.rows()}
