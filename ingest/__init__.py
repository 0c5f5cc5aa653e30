"""Record what every OpenRouter call cost, and what it was for.

from ingest import OpenRouter, attribute

with OpenRouter() as client, attribute(ebook_id="forest-animals", stage="outline"):
    reply = client.chat(model="google/gemini-2.5-flash", messages=[...])
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.budgets.budget import Budget, BudgetThresholdReached
    from ingest.errors import (
        BudgetExceeded,
        GenerationFailed,
        InkledgerError,
        NoAnswer,
        OpenRouterError,
        RequestRefused,
        UsageError,
    )
    from ingest.openrouter.async_client import AsyncChatStream, AsyncOpenRouter
    from ingest.openrouter.client import ChatStream, OpenRouter
    from ingest.openrouter.replies import Reply
    from ingest.pull.settler import Settler
    from ingest.recording.attribution import attribute
    from ingest.recording.bus import EventBus
    from ingest.recording.recorder import Recorder
    from ingest.recording.runs import Run, production_run
    from ingest.records import CostCalculated, UsageEvent
    from ingest.wire.usage import Usage

# httpx imports its command line for a name that nobody calls, and with it rich, pygments and click:
# two thirds of the time it takes to load. Without them it does so by itself.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None stands for "absent"

_HOMES = {
    "Budget": "ingest.budgets.budget",
    "BudgetThresholdReached": "ingest.budgets.budget",
    "BudgetExceeded": "ingest.errors",
    "GenerationFailed": "ingest.errors",
    "InkledgerError": "ingest.errors",
    "NoAnswer": "ingest.errors",
    "OpenRouterError": "ingest.errors",
    "RequestRefused": "ingest.errors",
    "UsageError": "ingest.errors",
    "AsyncChatStream": "ingest.openrouter.async_client",
    "AsyncOpenRouter": "ingest.openrouter.async_client",
    "ChatStream": "ingest.openrouter.client",
    "OpenRouter": "ingest.openrouter.client",
    "Reply": "ingest.openrouter.replies",
    "Settler": "ingest.pull.settler",
    "attribute": "ingest.recording.attribution",
    "EventBus": "ingest.recording.bus",
    "Recorder": "ingest.recording.recorder",
    "Run": "ingest.recording.runs",
    "production_run": "ingest.recording.runs",
    "CostCalculated": "ingest.records",
    "UsageEvent": "ingest.records",
    "Usage": "ingest.wire.usage",
}
"""Where each name lives. It is loaded when it is asked for: a program that only records should
not wait for what the others need."""

__all__ = [
    "AsyncChatStream",
    "AsyncOpenRouter",
    "Budget",
    "BudgetExceeded",
    "BudgetThresholdReached",
    "ChatStream",
    "CostCalculated",
    "EventBus",
    "GenerationFailed",
    "InkledgerError",
    "NoAnswer",
    "OpenRouter",
    "OpenRouterError",
    "Recorder",
    "Reply",
    "RequestRefused",
    "Run",
    "Settler",
    "Usage",
    "UsageError",
    "UsageEvent",
    "attribute",
    "production_run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
