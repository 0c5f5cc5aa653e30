"""The `usage` object of a reply, in each of the forms that it was seen to have."""

from collections.abc import Mapping
from enum import StrEnum

from ingest.simulator.pricing import Charge
from ingest.simulator.rates import Tokens
from ingest.simulator.seeding import Draw


class UsageForm(StrEnum):
    """What of `usage` a reply carries."""

    FULL = "full"
    UPSTREAM_NULL = "upstream_null"
    COST_DETAILS_NULL = "cost_details_null"
    DETAILS_ABSENT = "details_absent"
    EXTRA_KEYS = "extra_keys"


_RARE_FORMS = tuple(UsageForm)[1:]
_RARE_PROBABILITY = 0.3


def draw_form(draw: Draw, is_byok: bool) -> UsageForm:
    """Mostly the full form. With BYOK always: nothing else would say what the provider takes."""
    if is_byok or not draw.chance("rare_usage", _RARE_PROBABILITY):
        return UsageForm.FULL
    return draw.choice("usage_form", _RARE_FORMS)


def usage_report(
    tokens: Tokens, charge: Charge, form: UsageForm, web_search_count: int = 0
) -> dict[str, object]:
    """`usage` of a chat reply. `cost` is the double that the bill's amount is rounded from."""
    report: dict[str, object] = {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": charge.wire_cost_usd,
    }
    if not web_search_count or charge.is_byok:
        report["is_byok"] = charge.is_byok
    if form is not UsageForm.DETAILS_ABSENT:
        report |= _details(tokens, charge, form)
    if web_search_count:
        report["server_tool_use_details"] = _tool_use(web_search_count)
    if form is UsageForm.EXTRA_KEYS:
        report |= {"speed": "standard", "x_ledger_hint": {"not": "documented"}}
    return report


def responses_usage(tokens: Tokens, charge: Charge, web_search_count: int = 0) -> dict[str, object]:
    """`usage` of `/responses`: input and output, and cost details with names of their own."""
    usage: dict[str, object] = {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {
            "cached_tokens": tokens.cache_read,
            "cache_write_tokens": tokens.cache_write,
        },
        "output_tokens": tokens.completion,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": charge.wire_cost_usd,
        "is_byok": charge.is_byok,
        "cost_details": {
            "upstream_inference_cost": charge.wire_upstream_usd,
            "upstream_inference_input_cost": charge.prompt_usd,
            "upstream_inference_output_cost": charge.completion_usd,
        },
    }
    if web_search_count:
        usage["server_tool_use_details"] = _tool_use(web_search_count)
    return usage


def messages_usage(tokens: Tokens, charge: Charge, web_search_count: int = 0) -> dict[str, object]:
    """`usage` of `/messages`: what caches held is not inside `input_tokens`."""
    return {
        "input_tokens": tokens.uncached,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.cache_write,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": tokens.completion,
        "output_tokens_details": {"thinking_tokens": tokens.reasoning},
        "server_tool_use": {"web_search_requests": web_search_count, "web_fetch_requests": 0},
        "service_tier": "standard",
        "inference_geo": None,
        "speed": None,
        "iterations": None,
        "cost": charge.wire_cost_usd,
        "is_byok": charge.is_byok,
        "cost_details": cost_details(charge),
    }


def without_cost(usage: Mapping[str, object]) -> dict[str, object]:
    """The same counts, where the wire says nothing of money."""
    return {name: value for name, value in usage.items() if name not in _MONEY}


def byok_details(charge: Charge) -> dict[str, object]:
    """What a short `usage` says further if the provider bills the caller's own account."""
    return {"is_byok": True, "cost_details": cost_details(charge)} if charge.is_byok else {}


_MONEY = ("cost", "is_byok", "cost_details")


def cost_details(charge: Charge, form: UsageForm = UsageForm.FULL) -> dict[str, object] | None:
    """`usage.cost_details`: the provider's part, which is inside `cost` unless BYOK."""
    if form is UsageForm.COST_DETAILS_NULL:
        return None
    is_hidden = form is UsageForm.UPSTREAM_NULL
    return {
        "upstream_inference_cost": None if is_hidden else charge.wire_upstream_usd,
        "upstream_inference_prompt_cost": charge.prompt_usd,
        "upstream_inference_completions_cost": charge.completion_usd,
    }


def _details(tokens: Tokens, charge: Charge, form: UsageForm) -> dict[str, object]:
    return {
        "prompt_tokens_details": {
            "cached_tokens": tokens.cache_read,
            "cache_write_tokens": tokens.cache_write,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "cost_details": cost_details(charge, form),
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "image_tokens": tokens.image,
            "audio_tokens": 0,
        },
    }


def _tool_use(count: int) -> dict[str, object]:
    return {
        "tool_calls_requested": count,
        "tool_calls_executed": count,
        "web_search_requests": count,
    }
