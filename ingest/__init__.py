"""Record what every OpenRouter call cost, and what it was for.

from ingest import OpenRouter, attribute

with OpenRouter() as client, attribute(ebook_id="forest-animals", stage="outline"):
    reply = client.chat(model="google/gemini-2.5-flash", messages=[...])
"""

from ingest.errors import (
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
from ingest.recording.attribution import attribute
from ingest.recording.bus import EventBus
from ingest.recording.recorder import Recorder
from ingest.recording.runs import Run, production_run
from ingest.records import CostCalculated, UsageEvent
from ingest.wire.usage import Usage

__all__ = [
    "AsyncChatStream",
    "AsyncOpenRouter",
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
    "Usage",
    "UsageError",
    "UsageEvent",
    "attribute",
    "production_run",
]
