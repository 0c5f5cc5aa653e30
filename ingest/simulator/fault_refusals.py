"""The error status and the body that each refusing fault has on the wire."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from ingest.simulator.faults import Fault
from ingest.simulator.refusals import Refusal
from ingest.simulator.seeding import Draw

_LONGEST_RETRY_SECONDS: Final = 1


def refusal_for(fault: Fault, model: str, draw: Draw, now: datetime) -> Refusal | None:
    """The refusal that a fault means; null when the fault happens after HTTP 200."""
    if fault is Fault.FREE_LIMIT:
        return _free_limit(now)
    if fault in _WAITING:
        return _waiting(fault, model, draw, now)
    if fault in _PAGES:
        status, title = _PAGES[fault]
        return Refusal(status, title, html=_edge_page(status, title))
    if fault not in _LASTING:
        return None
    status, message, metadata = _LASTING[fault]
    is_user_known = fault is not Fault.UNAUTHORIZED
    return Refusal(status, message.format(model=model), metadata, is_user_known=is_user_known)


_WAITING: Final = (Fault.RATE_LIMITED, Fault.UNAVAILABLE, Fault.IN_FLIGHT_BUDGET)
_PAGES: Final = {
    Fault.BAD_GATEWAY_HTML: (502, "Bad gateway"),
    Fault.EDGE_TIMEOUT: (524, "A timeout occurred"),
}
_LASTING: Final[dict[Fault, tuple[int, str, dict[str, object] | None]]] = {
    Fault.BAD_REQUEST: (400, "Provider returned error", {"error_type": "invalid_request"}),
    Fault.UNAUTHORIZED: (401, "User not found.", None),
    Fault.INSUFFICIENT_CREDITS: (
        402,
        (
            "This request requires more credits, or fewer max_tokens. "
            "You requested up to 16384 tokens, but can only afford 3324."
        ),
        {
            "limit_source": "openrouter_credits",
            "remedy_hint": "Add credits, or lower max_tokens / prompt size "
            "to fit your remaining balance.",
        },
    ),
    Fault.KEY_LIMIT: (
        402,
        "This request would exceed the limit of this key.",
        {"limit_source": "openrouter_key_limit"},
    ),
    Fault.BUDGET_SPENT: (
        403,
        "Workspace monthly budget of $500.00 exceeded. Contact your org admin.",
        {
            "limit_source": "openrouter_workspace_budget",
            "scope": "workspace",
            "limit_usd": 500,
            "spend_usd": 500.13,
            "resets_at": "2026-11-01T00:00:00Z",
        },
    ),
    Fault.NO_ENDPOINTS: (404, "No endpoints found for {model}.", None),
    Fault.TIMEOUT: (408, "Request timed out", None),
    Fault.TOO_LARGE: (413, "Request body too large", {"error_type": "payload_too_large"}),
    Fault.UNPROCESSABLE: (
        422,
        "Provider returned error",
        {"error_type": "unprocessable", "provider_code": "unprocessable_entity"},
    ),
    Fault.INTERNAL_ERROR: (500, "Internal Server Error", {"error_type": "server"}),
    Fault.BAD_GATEWAY: (
        502,
        "Provider returned error",
        {
            "error_type": "provider_unavailable",
            "previous_errors": [
                {"provider": "azure", "code": "provider_unavailable", "status": 502}
            ],
        },
    ),
    Fault.GATEWAY_TIMEOUT: (504, "Provider timed out", {"error_type": "timeout"}),
    Fault.OVERLOADED: (529, "Provider returned error", {"error_type": "provider_overloaded"}),
}


def _waiting(fault: Fault, model: str, draw: Draw, now: datetime) -> Refusal:
    header, seconds = _retry_after(draw, now)
    if fault is Fault.RATE_LIMITED:
        refusal = _rate_limited(model, header, seconds)
    elif fault is Fault.UNAVAILABLE:
        refusal = _unavailable(model, seconds)
    else:
        refusal = _in_flight()
    refusal.headers["Retry-After"] = header
    return refusal


def _rate_limited(model: str, header: str, seconds: int) -> Refusal:
    metadata = {
        "raw": f"{model} is temporarily rate-limited upstream. Please retry shortly.",
        "provider_name": "Google",
        "is_byok": False,
        "retry_after_seconds": seconds,
        "headers": {"Retry-After": header},
    }
    return Refusal(429, "Provider returned error", metadata)


def _unavailable(model: str, seconds: int) -> Refusal:
    availability = {
        "code": "temporarily_unavailable",
        "retryable": True,
        "retry_after": seconds,
        "requested_models": [model],
        "docs_url": "https://openrouter.ai/docs/errors#temporarily_unavailable",
    }
    metadata = {"error_type": "provider_overloaded"}
    return Refusal(503, "All attempts failed", metadata, availability)


def _in_flight() -> Refusal:
    return Refusal(
        402,
        "This request would exceed your available credits given your current in-flight requests. "
        "Retry after in-flight requests settle, or add credits.",
        {
            "reason": "in_flight_budget_exhausted",
            "limit_source": "openrouter_in_flight_budget",
            "remedy_hint": "Retry after your in-flight requests settle "
            "(see the Retry-After header).",
        },
    )


def _free_limit(now: datetime) -> Refusal:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    headers = {
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(midnight.timestamp() * 1000)),
    }
    message = (
        "Rate limit exceeded: free-models-per-day. "
        "Add 10 credits to unlock 1000 free model requests per day"
    )
    metadata = {"headers": dict(headers), "error_type": "rate_limit_exceeded"}
    return Refusal(429, message, metadata, headers=headers)


def _retry_after(draw: Draw, now: datetime) -> tuple[str, int]:
    """The header, mostly whole seconds, sometimes a date; short, because somebody waits for it."""
    seconds = draw.integer("retry_after", 0, _LONGEST_RETRY_SECONDS)
    if draw.chance("retry_after_date", 0.25):
        return format_datetime(now + timedelta(seconds=seconds), usegmt=True), seconds
    return str(seconds), seconds


def _edge_page(status: int, title: str) -> str:
    """What the edge in front of OpenRouter sends: a client must not count on JSON."""
    return (
        f"<!DOCTYPE html>\n<html><head><title>openrouter.ai | {status}: {title}</title></head>"
        f"<body><h1>Error {status}</h1><p>{title}</p><p>cloudflare</p></body></html>\n"
    )
