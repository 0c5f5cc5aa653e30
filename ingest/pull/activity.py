"""`GET /activity`: the provider's own sums of the last thirty completed UTC days."""

import hashlib
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any

import httpx
from pydantic import BeforeValidator

from ingest.clock import Clock, utc_now
from ingest.errors import RequestRefused
from ingest.lake import Lake
from ingest.pull.answers import Answers, WireRow, WireUsd
from ingest.pull.provider import MANAGEMENT_KEY, Patience, get_rows
from ingest.pull.result import PullResult, land_answers
from ingest.records import Count, ProviderActivity

KEPT_DAYS = timedelta(days=31)
"""OpenRouter tells thirty completed days; the calls of one day more may belong to them."""


def pull_activity(
    lake: Lake, client: httpx.Client, *, clock: Clock = utc_now, patience: Patience | None = None
) -> PullResult:
    """Land one `provider_activity` row per UTC day, model and endpoint, as one snapshot.

    The keys that the ledger made calls with are asked for as well, each by its hash: their rows are
    parts of the whole, which comes first. The snapshot is named by the SHA-256 of all answers: the
    same again lands nothing. `model` is the dated permaslug where OpenRouter gives it, for that is
    what a call's `served_model` says too. Needs a management key. Raises `RequestRefused`,
    `NoAnswer` or `OpenRouterError`.
    """
    patience = patience or Patience()
    now = clock()
    told: dict[str | None, tuple[list[Any], bytes]] = {None: _ask(client, {}, patience)}
    for key_hash in _known_keys(lake, now - KEPT_DAYS):
        if (part := _ask_for_key(client, key_hash, patience)) is not None:
            told[key_hash] = part
    digest = hashlib.sha256()
    for _, body in told.values():
        digest.update(body)
    snapshot_id = digest.hexdigest()
    answers = Answers[ProviderActivity]("provider_activity", "GET /activity")
    for asked_key, (rows, _) in told.items():
        answers.read(rows, partial(_day, snapshot_id=snapshot_id, api_key_hash=asked_key))
    return land_answers(lake, f"activity-api-{snapshot_id[:32]}", answers, now)


def _ask(
    client: httpx.Client, params: dict[str, str], patience: Patience
) -> tuple[list[Any], bytes]:
    return get_rows(client, "/activity", params, key_variable=MANAGEMENT_KEY, patience=patience)


def _ask_for_key(
    client: httpx.Client, key_hash: str, patience: Patience
) -> tuple[list[Any], bytes] | None:
    try:
        return _ask(client, {"api_key_hash": key_hash}, patience)
    except RequestRefused as refusal:
        # The whole was told, so the right is there: this key is no key of the account.
        if refusal.http_status in (400, 403, 404):
            return None
        raise


def _known_keys(lake: Lake, since: datetime) -> list[str]:
    keys = lake.scan("usage_events", landed_since=since.date()).sql(
        "select api_key_hash, max(started_at) as last_call_at from self "
        "where api_key_hash is not null group by api_key_hash order by api_key_hash"
    )
    return [key for key, last_call_at in keys.collect().iter_rows() if last_call_at >= since]


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


def _day(row: Any, snapshot_id: str, api_key_hash: str | None) -> ProviderActivity:
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
        api_key_hash=api_key_hash,
    )
