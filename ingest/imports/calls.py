"""Activity exports with one row per generation, as usage events."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.identifiers import derived_id
from ingest.imports.attribution_rules import AttributionRules, Purpose
from ingest.imports.cells import UnreadableCell, read_milliseconds
from ingest.imports.delimited import Export
from ingest.imports.reading import Cells, Reading, needed, read_rows
from ingest.records import Status, UsageEvent

NAMED_BY_OPENROUTER = ("app_name", "api_key_name", "user")
"""Labels that every imported call has as far as its file gives them."""

_MEASURES = (
    *("cost", "byok_cost", "web_search_cost", "cache_cost", "file_cost", "search_results"),
    *("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"),
    *("reasoning_tokens", "output_image_tokens", "total_tokens"),
    *("generation_milliseconds", "first_token_milliseconds"),
)


def read_calls(export: Export, rules: AttributionRules) -> Reading[UsageEvent]:
    """Each row as one `usage_events` row, attributed by the first rule that fits it."""
    first_of: dict[str, UsageEvent] = {}

    def to_record(cells: Cells) -> UsageEvent:
        call = _call(cells, rules)
        if first_of.setdefault(call.event_id, call) != call:
            raise UnreadableCell(f"{call.generation_id} is in this file before, said otherwise")
        return call

    return read_rows(export, "usage_events", to_record)


def _call(cells: Cells, rules: AttributionRules) -> UsageEvent:
    started_at = needed(cells.instant("time"), "a time")
    model = needed(cells.text("model"), "a model")
    names = {name: text for name in NAMED_BY_OPENROUTER if (text := cells.text(name))}
    purpose = rules.purpose_of(
        model=model,
        app_name=names.get("app_name"),
        api_key_name=names.get("api_key_name"),
        started_at=started_at,
    )
    identity = _identity(cells)
    return UsageEvent(
        event_id=derived_id("activity_export", "attempt", *identity),
        operation_id=derived_id("activity_export", "operation", *identity),
        endpoint="unknown",
        served_model=_with_variant(model, cells.text("variant")),
        started_at=started_at,
        source="activity_export",
        **_attribution(purpose, names),
        **_result(cells),
        **_times(cells, started_at),
        **_tokens(cells),
        **_costs(cells),
    )


def _identity(cells: Cells) -> tuple[str, ...]:
    """What tells this call from all others: its generation, or its whole row and ordinal."""
    if generation_id := _generation_id(cells):
        return ("generation", generation_id)
    return ("row", json.dumps(cells.named(), sort_keys=True), str(cells.ordinal))


def _generation_id(cells: Cells) -> str | None:
    # A column called `id` may number the rows of its file: it names no generation then.
    identifier = cells.text("generation_id")
    return identifier if identifier and identifier.startswith("gen-") else None


def _attribution(purpose: Purpose, names: Mapping[str, str]) -> dict[str, Any]:
    labels = {**purpose.labels, **names}
    return {
        "ebook_id": purpose.ebook_id,
        "ebook_ids": purpose.ebook_ids,
        "stage": purpose.stage,
        "labels": json.dumps(labels, sort_keys=True, ensure_ascii=False) if labels else None,
    }


def _with_variant(model: str, variant: str | None) -> str:
    # `standard` is how the export spells "no variant"; some name it in the model as well.
    if variant in (None, "standard") or model.endswith(f":{variant}"):
        return model
    return f"{model}:{variant}"


def _result(cells: Cells) -> dict[str, Any]:
    finish_reason = cells.text("finish_reason") or cells.text("raw_finish_reason")
    return {
        "generation_id": _generation_id(cells),
        "provider_name": cells.text("provider_name"),
        "is_streamed": cells.flag("is_streamed"),
        "status": _status(cells.flag("is_cancelled"), finish_reason),
        "finish_reason": finish_reason,
    }


def _status(is_cancelled: bool | None, finish_reason: str | None) -> Status:
    if is_cancelled:
        return "cancelled"
    return "failed" if finish_reason == "error" else "succeeded"


def _times(cells: Cells, started_at: datetime) -> dict[str, Any]:
    until_first = read_milliseconds(cells.raw("first_token_milliseconds"))
    until_end = read_milliseconds(cells.raw("generation_milliseconds"))
    return {
        "first_byte_at": None if until_first is None else started_at + until_first,
        "finished_at": None if until_end is None else started_at + until_end,
    }


def _tokens(cells: Cells) -> dict[str, Any]:
    fields = (
        *("input_tokens", "cache_read_tokens", "cache_write_tokens"),
        *("output_tokens", "reasoning_tokens", "output_image_tokens"),
    )
    return {field: cells.count(field) for field in fields}


def _costs(cells: Cells) -> dict[str, Any]:
    byok_cost = cells.usd("byok_cost")
    is_byok = None if byok_cost is None else byok_cost > 0
    measures = cells.named(_MEASURES)
    return {
        "reported_cost_usd": cells.usd("cost"),
        "upstream_cost_usd": byok_cost if is_byok else None,
        "is_byok": is_byok,
        "usage_json": json.dumps(measures) if measures else None,
    }
