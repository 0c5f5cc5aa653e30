"""Models and prices as the price lists show them."""

from decimal import Decimal

from ingest.money import format_usd
from ingest.simulator.catalogue import CacheStyle, Model
from ingest.simulator.rates import PriceTier, Rates

_CREATED = 1_771_286_400


def model_entry(model: Model) -> dict[str, object]:
    """One item of `/models`; its prices are decimal strings, USD per unit."""
    inputs, outputs = model.input_modalities, model.output_modalities
    return {
        "id": model.slug,
        "canonical_slug": model.permaslug,
        "name": model.name,
        "created": _CREATED,
        "description": model.name,
        "context_length": model.context_length,
        "architecture": {
            "modality": f"{'+'.join(inputs)}->{'+'.join(outputs)}",
            "input_modalities": list(inputs),
            "output_modalities": list(outputs),
            "tokenizer": "Router" if model.is_router else "Other",
            "instruct_type": None,
        },
        "pricing": pricing_entry(model.listed),
        "top_provider": {
            "context_length": model.context_length,
            "max_completion_tokens": None,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": _parameters(model),
        "supported_voices": None,
        "default_parameters": None,
        "links": {"details": f"/api/v1/models/{model.slug}/endpoints"},
    }


def endpoint_entry(model: Model) -> dict[str, object]:
    """Who serves a model, and at what price: that one is charged, not the one of `/models`."""
    return {
        "name": f"{model.provider.name} | {model.permaslug}",
        "model_id": model.permaslug,
        "model_name": model.name,
        "provider_name": model.provider.name,
        "tag": model.provider.slug,
        "context_length": model.context_length,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "pricing": pricing_entry(model.served),
        "quantization": None,
        "service_tier": None,
        "status": 0,
        "native_tools": {},
        "supported_parameters": _parameters(model),
        "supports_diarization": False,
        "supports_implicit_caching": model.cache_style is CacheStyle.AUTOMATIC,
        "supports_tool_choice": dict.fromkeys(("auto", "function", "none", "required"), True),
        **dict.fromkeys((f"uptime_last_{span}" for span in ("5m", "30m", "1d")), 100.0),
        # Told to those who are known only.
        "latency_last_30m": None,
        "throughput_last_30m": None,
    }


def _parameters(model: Model) -> list[str]:
    return ["max_tokens", "reasoning"] if model.does_reason else ["max_tokens"]


def pricing_entry(rates: Rates) -> dict[str, object]:
    """`pricing`: decimal strings, except the discount, which is a number."""
    named = {
        "prompt": rates.prompt,
        "completion": rates.completion,
        "input_cache_read": rates.input_cache_read,
        "input_cache_write": rates.input_cache_write,
        "image_output": rates.image_output,
        "request": rates.usd_per_unit,
        "web_search": rates.web_search,
    }
    pricing: dict[str, object] = {name: format_usd(usd) for name, usd in named.items() if usd}
    pricing |= {name: format_usd(named[name] or Decimal(0)) for name in ("prompt", "completion")}
    if rates.discount:
        pricing["discount"] = rates.discount
    if rates.tiers:
        pricing["overrides"] = [_tier_entry(tier) for tier in rates.tiers]
    return pricing


def _tier_entry(tier: PriceTier) -> dict[str, object]:
    return {
        "min_prompt_tokens": tier.min_prompt_tokens,
        "prompt": format_usd(tier.prompt),
        "completion": format_usd(tier.completion),
        "input_cache_read": format_usd(tier.input_cache_read),
        "input_cache_write": format_usd(tier.input_cache_write),
    }


def image_pricing(rates: Rates) -> list[dict[str, object]]:
    """`pricing` of an image endpoint: numbers, each with what is billed and by what unit."""
    prices = (
        ("output_image", "image", rates.usd_per_image),
        ("output_image", "megapixel", rates.usd_per_megapixel),
        ("output_image", "token", rates.image_output),
        ("input_image", "image", rates.usd_per_input_image),
    )
    return [
        {"billable": billable, "unit": unit, "cost_usd": usd}
        for billable, unit, usd in prices
        if usd is not None
    ]
