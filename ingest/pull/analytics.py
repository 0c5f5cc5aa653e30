"""`POST /analytics/query`: which generations an account was billed for, within a span of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import httpx
from pydantic import BaseModel

from ingest.errors import NoAnswer, OpenRouterError
from ingest.money import loads
from ingest.pull.answers import WireRow, WireUsd
from ingest.pull.provider import MANAGEMENT_KEY, Patience, is_transient, refusal

Beside = Literal["external_user", "model"]

ROW_LIMIT = 1000
"""Rows that one answer holds; a span with more is asked for in halves."""
_SHORTEST_SPAN = timedelta(milliseconds=1)
"""What is cut even so is taken as far as it goes: it is better than nothing."""


@dataclass(frozen=True, slots=True)
class BilledGeneration:
    """A generation as analytics know it. `cost_usd` is credits and upstream together."""

    generation_id: str
    told_beside: str | None
    """The external user or the model, whichever was asked for."""
    cost_usd: Decimal | None


def billed_generations(
    client: httpx.Client,
    begin: datetime,
    end: datetime,
    patience: Patience,
    beside: Beside = "external_user",
) -> Iterator[BilledGeneration]:
    """Every generation of the account from `begin` to before `end`, with one more fact of each.

    Analytics take two dimensions at most, and the id is one: `beside` is the other. Raises
    `RequestRefused` (no management key), `NoAnswer`, or `OpenRouterError` for an answer that
    cannot be read.
    """
    answer = _ask(client, begin, end, patience, beside)
    is_cut = answer.metadata.truncated or len(answer.data) >= ROW_LIMIT
    if is_cut and end - begin > _SHORTEST_SPAN:
        middle = begin + (end - begin) / 2
        yield from billed_generations(client, begin, middle, patience, beside)
        yield from billed_generations(client, middle, end, patience, beside)
        return
    for row in answer.data:
        told = row.model if beside == "model" else row.external_user
        yield BilledGeneration(row.generation_id, told, row.total_usage)


class _Row(WireRow):
    generation_id: str
    external_user: str | None = None
    model: str | None = None
    total_usage: WireUsd | None = None


class _Metadata(BaseModel):
    truncated: bool = False


class _Answer(BaseModel):
    data: list[_Row]
    metadata: _Metadata = _Metadata()


class _Document(BaseModel):
    data: _Answer


def _ask(
    client: httpx.Client, begin: datetime, end: datetime, patience: Patience, beside: Beside
) -> _Answer:
    query = {
        "metrics": ["total_usage"],
        "dimensions": ["generation_id", beside],
        "time_range": {"start": _instant(begin), "end": _instant(end)},
        "limit": ROW_LIMIT,
    }
    for attempt in patience.attempts(is_transient):
        with attempt:
            response = _post(client, query)
    try:
        return _Document.model_validate(loads(response.content)).data
    except ValueError as error:
        raise OpenRouterError(
            "OpenRouter's answer to /analytics/query is not what it was; nothing was landed of it."
        ) from error


def _post(client: httpx.Client, query: dict[str, Any]) -> httpx.Response:
    try:
        response = client.post("/analytics/query", json=query)
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"OpenRouter's analytics did not answer ({type(error).__name__}). Try again later."
        ) from error
    if response.status_code >= 300:
        raise refusal(response, "/analytics/query", MANAGEMENT_KEY)
    return response


def _instant(instant: datetime) -> str:
    # Seconds must be there, fractions may.
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
