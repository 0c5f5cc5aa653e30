"""Activity exports with the provider's own sums per day, as provider activity."""

from ingest.imports.delimited import Export
from ingest.imports.reading import Cells, Reading, needed, read_rows
from ingest.records import ProviderActivity


def read_days(export: Export) -> Reading[ProviderActivity]:
    """Each row as one `provider_activity` row; the file is one snapshot, named by its digest."""
    return read_rows(export, "provider_activity", lambda cells: _day(cells, export.digest))


def _day(cells: Cells, snapshot_id: str) -> ProviderActivity:
    return ProviderActivity(
        snapshot_id=snapshot_id,
        source="activity_export",
        activity_date=needed(cells.instant("time"), "a date").date(),
        model=needed(cells.text("model"), "a model"),
        provider_name=cells.text("provider_name"),
        api_key_name=_key_name(cells),
        usage_usd=needed(cells.usd("cost"), "a cost"),
        byok_usage_usd=cells.usd("byok_cost"),
        request_count=needed(cells.count("request_count"), "a number of requests"),
        input_tokens=cells.count("input_tokens"),
        output_tokens=cells.count("output_tokens"),
        reasoning_tokens=cells.count("reasoning_tokens"),
    )


def _key_name(cells: Cells) -> str | None:
    # The export's word for a key that it does not tell.
    name = cells.text("api_key_name")
    return None if name == "Unknown" else name
