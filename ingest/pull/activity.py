"""`GET /activity`: the provider's own sums of the last thirty completed UTC days."""

import hashlib
from datetime import date
from typing import Annotated, Any

import httpx
from pydantic import BeforeValidator

from ingest.clock import Clock, utc_now
from ingest.lake import Lake
from ingest.pull.answers import Answers, WireRow, WireUsd
from ingest.pull.provider import MANAGEMENT_KEY, Patience, get_rows
from ingest.pull.result import PullResult, land_answers
from ingest.records import Count, ProviderActivity


def pull_activity(
    lake: Lake, client: httpx.Client, *, clock: Clock = utc_now, patience: Patience | None = None
) -> PullResult:
    """Land one `provider_activity` row per UTC day, model and endpoint, as one snapshot.

    The snapshot is named by the SHA-256 of the answer: the same answer again lands nothing.
    `model` is the dated permaslug where OpenRouter gives it, for that is what a call's
    `served_model` says too. Needs a management key. Raises `RequestRefused`, `NoAnswer` or
    `OpenRouterError`.
    """
    rows, body = get_rows(
        client, "/activity", {}, key_variable=MANAGEMENT_KEY, patience=patience or Patience()
    )
    snapshot_id = hashlib.sha256(body).hexdigest()
    answers = Answers[ProviderActivity]("provider_activity", "GET /activity")
    answers.read(rows, lambda row: _day(row, snapshot_id))
    return land_answers(lake, f"activity-api-{snapshot_id[:32]}", answers, clock())


def _day_alone(day: Any) -> Any:
    # Seen as `2026-10-15` and as `2026-10-15 00:00:00`; it is a UTC day either way.
    return day[:10] if isinstance(day, str) else day


class _ActivityRow(WireRow):
    date: Annotated[date, BeforeValidator(_day_alone)]
    model: str
    model_permaslug: str | None = None
    provider_name: str | None = None
    usage: WireUsd
    byok_usage_inference: WireUsd | None = None
    requests: Count
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    reasoning_tokens: Count | None = None


def _day(row: Any, snapshot_id: str) -> ProviderActivity:
    day = _ActivityRow.model_validate(row)
    return ProviderActivity(
        snapshot_id=snapshot_id,
        source="activity_api",
        activity_date=day.date,
        model=day.model_permaslug or day.model,
        provider_name=day.provider_name,
        usage_usd=day.usage,
        byok_usage_usd=day.byok_usage_inference,
        request_count=day.requests,
        input_tokens=day.prompt_tokens,
        output_tokens=day.completion_tokens,
        reasoning_tokens=day.reasoning_tokens,
    )
