"""Account-level meters, all read from the bill: `/credits`, `/key`, `/keys`, `/activity`."""

from collections import defaultdict
from datetime import UTC, date, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.bill import Generation, byok_usd, openrouter_usd
from ingest.simulator.catalogue import Model
from ingest.simulator.generation_record import endpoint_id
from ingest.simulator.keys import ApiKey, key_name, require_key, require_management_key
from ingest.simulator.refusals import USER_ID, Refusal
from ingest.simulator.state import Simulator
from ingest.simulator.wire_json import dumps

_ACTIVITY_DAYS: Final = 30
_KEYS_PER_PAGE: Final = 100


async def show_credits(simulator: Simulator, request: Request) -> Response:
    """Credits bought and used, USD, over all keys; needs a management key."""
    require_management_key(request)
    used = openrouter_usd(simulator.bill.generations())
    bought = simulator.config.total_credits_usd
    return _json({"data": {"total_credits": bought, "total_usage": used}})


async def show_key(simulator: Simulator, request: Request) -> Response:
    """What this key is and what it used, USD; UTC days, weeks from Monday, calendar months."""
    key = require_key(request)
    today = simulator.config.clock().astimezone(UTC).date()
    own = [g for g in simulator.bill.generations() if g.api_key_hash == key.sha256]
    return _json({"data": _key_facts(key) | _key_usage(own, today)})


async def list_keys(simulator: Simulator, request: Request) -> Response:
    """The keys that anything was charged to, a hundred from `offset` on; needs a management key."""
    require_management_key(request)
    own: dict[str, list[Generation]] = defaultdict(list)
    for generation in simulator.bill.generations():
        own[generation.api_key_hash].append(generation)
    today = simulator.config.clock().astimezone(UTC).date()
    rows = [
        {"hash": key_hash, "name": key_name(key_hash), "label": "sk-or-v1-...", "disabled": False}
        | _key_usage(generations, today)
        for key_hash, generations in own.items()
    ]
    offset = int(request.query_params.get("offset", "0"))
    return _json({"data": rows[offset : offset + _KEYS_PER_PAGE]})


async def show_activity(simulator: Simulator, request: Request) -> Response:
    """Completed UTC days by date, model and endpoint; needs a management key.

    `date` picks one day and `api_key_hash` one key, as in OpenRouter's own endpoint.
    """
    require_management_key(request)
    today = simulator.config.clock().astimezone(UTC).date()
    key_hash = request.query_params.get("api_key_hash")
    wanted = _wanted_day(request)
    groups: dict[tuple[date, Model], list[Generation]] = defaultdict(list)
    for generation in simulator.bill.generations():
        day = _day(generation)
        is_wanted = wanted in (None, day) and key_hash in (None, generation.api_key_hash)
        if is_wanted and today - timedelta(days=_ACTIVITY_DAYS) <= day < today:
            groups[day, generation.model].append(generation)
    rows = [_activity_row(day, model, own) for (day, model), own in groups.items()]
    rows.sort(key=lambda row: (str(row["date"]), str(row["model"])), reverse=True)
    return _json({"data": rows})


def _wanted_day(request: Request) -> date | None:
    text = request.query_params.get("date")
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, f"date: {text!r} is not a day such as 2026-10-15") from error


def _activity_row(day: date, model: Model, own: list[Generation]) -> dict[str, object]:
    tokens = [generation.outcome.tokens for generation in own]
    return {
        "date": day.isoformat(),
        "model": model.slug,
        "model_permaslug": model.permaslug,
        "endpoint_id": endpoint_id(model),
        "provider_name": model.provider.name,
        "usage": openrouter_usd(own),
        "byok_usage_inference": byok_usd(own),
        "requests": len(own),
        "prompt_tokens": sum(count.prompt for count in tokens),
        "completion_tokens": sum(count.completion for count in tokens),
        "reasoning_tokens": sum(count.reasoning for count in tokens),
        "cached_tokens": sum(count.cache_read for count in tokens),
    }


def _key_facts(key: ApiKey) -> dict[str, object]:
    return {
        "label": key.label,
        "limit": None,
        "limit_remaining": None,
        "limit_reset": None,
        "include_byok_in_limit": False,
        "is_free_tier": False,
        "is_management_key": key.is_management,
        "is_provisioning_key": key.is_management,
        "creator_user_id": USER_ID,
        "organization_id": None,
        "workspace_id": None,
        "allowed_data_regions": ["global"],
        "budgets": [],
        "effective_budget": None,
        "free_model_daily_requests": {"used": 0, "limit": 1000, "remaining": 1000},
        "rate_limit": {
            "requests": -1,
            "interval": "10s",
            "note": "This field is deprecated and safe to ignore.",
        },
        "expires_at": None,
    }


def _key_usage(own: list[Generation], today: date) -> dict[str, object]:
    starts = {
        "": date.min,
        "_daily": today,
        "_weekly": today - timedelta(days=today.weekday()),
        "_monthly": today.replace(day=1),
    }
    usage: dict[str, object] = {}
    for suffix, start in starts.items():
        recent = [generation for generation in own if _day(generation) >= start]
        usage[f"usage{suffix}"] = openrouter_usd(recent)
        usage[f"byok_usage{suffix}"] = byok_usd(recent)
    return usage


def _day(generation: Generation) -> date:
    return generation.created_at.astimezone(UTC).date()


def _json(body: dict[str, object]) -> Response:
    return Response(dumps(body), media_type="application/json")
