"""The record that `/generation` shows: its own field names, and counts of its own."""

import uuid
from decimal import Decimal
from typing import Final

from ingest.simulator.bill import Generation
from ingest.simulator.catalogue import Model
from ingest.simulator.rates import Rates, Tokens
from ingest.simulator.seeding import Draw

_ENDPOINTS: Final = uuid.UUID("0b1a7a3e-1d55-5c0f-8a53-6a9a4b8f4c10")


def generation_record(generation: Generation) -> dict[str, object]:
    """`data` of the reply. `total_cost` and `usage` are the double of the call's `usage.cost`."""
    draw = Draw.of("record", generation.generation_id)
    return (
        _identity(generation, draw)
        | _costs(generation, draw)
        | _counts(generation)
        | _course(generation, draw)
        | _UNDOCUMENTED
    )


def endpoint_id(model: Model) -> str:
    """The id of the endpoint at which a provider serves a model."""
    return str(uuid.uuid5(_ENDPOINTS, f"{model.permaslug}\x1f{model.provider.slug}"))


_UNDOCUMENTED: Final = {"usage_data": None, "usage_web": None, "usage_file": None}


def _identity(generation: Generation, draw: Draw) -> dict[str, object]:
    return {
        "id": generation.generation_id,
        "api_type": generation.api_type,
        "app_id": None,
        "created_at": generation.created_at.isoformat(),
        "data_region": "global",
        "external_user": generation.external_user,
        "http_referer": None,
        "model": generation.model.permaslug,
        "origin": "",
        "preset_id": None,
        "provider_name": generation.model.provider.name,
        "request_id": f"req-{draw.token('request', 20)}",
        "response_cache_source_id": generation.cache_source_id,
        "router": generation.requested_model
        if generation.requested_model == "openrouter/auto"
        else None,
        "session_id": generation.session_id,
        "upstream_id": None,
        "user_agent": generation.user_agent,
        "workspace_id": None,
    }


def _costs(generation: Generation, draw: Draw) -> dict[str, object]:
    charge = generation.outcome.charge
    discount = _cache_discount(generation.model.served, generation.outcome.tokens)
    upstream = draw.choice("upstream", (Decimal(0), None))
    return {
        "is_byok": charge.is_byok,
        "total_cost": charge.wire_cost_usd,
        "usage": charge.wire_cost_usd,
        "upstream_inference_cost": charge.wire_upstream_usd if charge.is_byok else upstream,
        "byok_usage_inference": charge.wire_upstream_usd if charge.is_byok else Decimal(0),
        "cache_discount": discount,
        "usage_cache": None if discount is None else -discount,
    }


def _cache_discount(rates: Rates, tokens: Tokens) -> Decimal | None:
    """What caching saved, USD; negative where writing the cache cost more than it saved."""
    if not tokens.cache_read and not tokens.cache_write:
        return None
    rates = rates.at(tokens.prompt)
    read = rates.prompt if rates.input_cache_read is None else rates.input_cache_read
    write = rates.prompt if rates.input_cache_write is None else rates.input_cache_write
    return tokens.cache_read * (rates.prompt - read) + tokens.cache_write * (rates.prompt - write)


def _counts(generation: Generation) -> dict[str, object]:
    """Native counts are those of the reply; the others come from another tokenizer."""
    tokens = generation.outcome.tokens
    written = tokens.completion - tokens.image
    return {
        "tokens_prompt": _normalised(tokens.prompt),
        "tokens_completion": _normalised(written),
        "native_tokens_prompt": tokens.prompt,
        "native_tokens_completion": tokens.completion,
        "native_tokens_reasoning": tokens.reasoning,
        "native_tokens_cached": tokens.cache_read,
        "native_tokens_completion_images": tokens.image,
        "num_media_prompt": None,
        "num_media_completion": generation.outcome.image_count or None,
        "num_input_audio_prompt": None,
        "num_search_results": generation.outcome.web_search_count * 5 or None,
        "num_fetches": None,
        "web_search_engine": "exa" if generation.outcome.web_search_count else None,
    }


def _normalised(count: int) -> int:
    return count + max(1, count // 8) if count else 0


def _course(generation: Generation, draw: Draw) -> dict[str, object]:
    is_cancelled = generation.outcome.status == "cancelled"
    latency = draw.integer("latency", 120, 900)
    return {
        "cancelled": is_cancelled,
        "streamed": generation.is_streamed,
        "finish_reason": generation.outcome.finish_reason,
        "native_finish_reason": generation.outcome.finish_reason,
        "latency": latency,
        "generation_time": latency + draw.integer("generation_time", 200, 4000),
        "moderation_latency": None,
        "service_tier": None,
        "provider_responses": [_provider_response(generation, latency)],
    }


def _provider_response(generation: Generation, latency: int) -> dict[str, object]:
    return {
        "provider_name": generation.model.provider.name,
        "model_permaslug": generation.model.permaslug,
        "endpoint_id": endpoint_id(generation.model),
        "status": 502 if generation.outcome.status == "failed" else 200,
        "latency": latency,
        "is_byok": generation.outcome.charge.is_byok,
    }
