"""The columns of activity exports, under every name they have had, and what a header tells.

OpenRouter's exports vary with their age: names, order and number of columns. A file needs a
time, a cost and a model; whatever else is known is taken, the rest is named in a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.errors import UnreadableFile

Kind = Literal["calls", "days"]

SYNONYMS: dict[str, tuple[str, ...]] = {
    "generation_id": ("generation_id", "gen_id", "id"),
    "time": (
        *("created_at", "timestamp", "created", "started_at", "datetime", "date_time", "time"),
        *("date", "day", "utc_date", "date_utc"),
    ),
    "cost": (
        *("cost_total", "total_cost", "cost_usd", "total_cost_usd", "cost", "usage", "usage_usd"),
        *("total_usage", "spend", "spend_usd", "total_spend"),
    ),
    "model": (
        "model_permaslug",
        "permaslug",
        "model",
        "slug",
        "model_slug",
        "model_id",
        "model_name",
    ),
    "variant": ("variant", "model_variant"),
    "provider_name": ("provider_name", "provider"),
    "app_name": ("app_name", "app", "app_title"),
    "api_key_name": ("api_key_name", "api_key", "key_name", "key", "api_key_label"),
    "user": ("user", "external_user", "user_id", "creator"),
    "is_cancelled": ("cancelled", "canceled", "is_cancelled"),
    "is_streamed": ("streamed", "is_streamed", "stream"),
    "finish_reason": ("finish_reason_normalized", "finish_reason"),
    "raw_finish_reason": ("finish_reason_raw", "native_finish_reason"),
    "byok_cost": ("byok_usage_inference", "byok_usage", "byok_cost", "byok_spend"),
    "input_tokens": ("native_tokens_prompt", "tokens_prompt", "prompt_tokens", "input_tokens"),
    "output_tokens": (
        *("native_tokens_completion", "tokens_completion", "completion_tokens", "output_tokens"),
    ),
    "reasoning_tokens": ("native_tokens_reasoning", "tokens_reasoning", "reasoning_tokens"),
    "cache_read_tokens": (
        *("native_tokens_cached", "tokens_cached", "cached_tokens", "cache_read_tokens"),
    ),
    "cache_write_tokens": ("tokens_cache_write", "cache_write_tokens"),
    "output_image_tokens": ("native_tokens_completion_images", "image_tokens"),
    "generation_milliseconds": ("generation_time_ms", "generation_time"),
    "first_token_milliseconds": ("time_to_first_token_ms", "time_to_first_token", "latency_ms"),
    "request_count": ("requests", "request_count", "num_requests", "total_requests", "calls"),
    "web_search_cost": ("cost_web_search", "usage_web"),
    "cache_cost": ("cost_cache", "usage_cache"),
    "file_cost": ("cost_file_processing", "usage_file"),
    "search_results": ("num_search_results",),
    "total_tokens": ("total_tokens", "tokens_total"),
    "is_key_disabled": ("api_key_disabled",),
    "endpoint_id": ("endpoint_id",),
}
"""What a column says → its names, the best first.

`upstream_inference_cost` is not among them: it is filled without an own key too, and is then no
further cost.
"""

_NEEDED = {"time": "a time", "cost": "a cost", "model": "a model"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file keeps what."""

    kind: Kind
    header: tuple[str, ...]
    positions: Mapping[str, int]
    unknown_columns: tuple[str, ...]


def recognise(file_name: str, header: Sequence[str]) -> Layout:
    """Tell from its header what a file is; `UnreadableFile` when it is no activity export.

    Rows are days if requests are counted and generations have no ids, else each row is a call.
    """
    folded = [_fold(name) for name in header]
    positions = {
        field: position
        for field, names in SYNONYMS.items()
        if (position := _position(file_name, header, folded, names)) is not None
    }
    if not positions.keys() >= _NEEDED.keys():
        raise UnreadableFile(_refusal(file_name, header, positions))
    is_days = "request_count" in positions and "generation_id" not in positions
    unknown = tuple(
        name.strip() for name, fold in zip(header, folded, strict=True) if fold not in _KNOWN
    )
    return Layout("days" if is_days else "calls", tuple(header), positions, unknown)


def count_known(header: Sequence[str]) -> int:
    """How many of these names are known: the right delimiter gives the most."""
    return sum(_fold(name) in _KNOWN for name in header)


def _fold(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


_KNOWN = frozenset(_fold(name) for names in SYNONYMS.values() for name in names)


def _position(
    file_name: str, header: Sequence[str], folded: Sequence[str], names: Sequence[str]
) -> int | None:
    for name in map(_fold, names):
        places = [place for place, fold in enumerate(folded) if fold == name]
        if len(places) > 1:
            raise UnreadableFile(
                f"{file_name} has {len(places)} columns named {header[places[0]].strip()!r}, and "
                "nothing says which one counts: keep one of them."
            )
        if places:
            return places[0]
    return None


def _refusal(file_name: str, header: Sequence[str], found: Mapping[str, int]) -> str:
    missing = " and ".join(words for field, words in _NEEDED.items() if field not in found)
    looked_for = ", ".join(
        f"{words} ({', '.join(SYNONYMS[field][:3])} …)" for field, words in _NEEDED.items()
    )
    names = [name.strip()[:40] for name in header[:12]] + (["…"] if len(header) > 12 else [])
    return (
        f"{file_name} is not an OpenRouter activity export: looked for the columns of "
        f"{looked_for}; {missing} is missing; found {', '.join(names)}. "
        "Export it as CSV from openrouter.ai/activity."
    )
