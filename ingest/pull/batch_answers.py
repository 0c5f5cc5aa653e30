"""Asking for batches: one by its id, or all of the account's since an instant."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx

from ingest.errors import NoAnswer, RequestRefused
from ingest.money import loads
from ingest.pull.answers import WireRow
from ingest.pull.provider import API_KEY, Patience, is_transient, refusal
from ingest.records import Instant, Settlement
from ingest.wire.usage import Usage, read_usage


class Batch(WireRow):
    """A batch as OpenRouter tells of it; its usage is null until it is done."""

    id: str
    model: str | None = None
    provider: str | None = None
    created_at: Instant | None = None
    usage: dict[str, Any] | None = None

    def settlement(self, event_id: str | None, observed_at: datetime) -> Settlement:
        """What it cost, if that is told; `event_id` is the call that it had to be matched to."""
        usage = read_usage(self.usage) if self.usage else Usage()
        return Settlement(
            generation_id=self.id,
            total_cost_usd=usage.reported_cost_usd,
            upstream_cost_usd=usage.upstream_cost_usd,
            is_byok=usage.is_byok,
            served_model=self.model,
            provider_name=self.provider,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            generated_at=self.created_at,
            observed_at=observed_at,
            observed_in="reply",
            event_id=event_id,
        )


def ask_for_batch(client: httpx.Client, batch_id: str, patience: Patience) -> Any:
    """The batch as it was sent, null if it is none of this account's.

    Raises `RequestRefused` for a bad key, `NoAnswer` when OpenRouter cannot be reached.
    """
    return _ask(client, f"/batches/{batch_id}", {}, patience)


def list_batches(client: httpx.Client, since: datetime, patience: Patience) -> Iterator[Batch]:
    """The account's batches since an instant, newest first. Raises as `ask_for_batch` does."""
    params = {"created_after": str(int(since.timestamp())), "limit": "100"}
    while (page := _ask(client, "/batches", params, patience)) is not None:
        yield from map(Batch.model_validate, page.get("data", ()))
        if not page.get("has_more") or not page.get("last_id"):
            return
        params["after"] = page["last_id"]


def _ask(client: httpx.Client, path: str, params: dict[str, str], patience: Patience) -> Any:
    try:
        for attempt in patience.attempts(is_transient):
            with attempt:
                return _get(client, path, params)
    except RequestRefused as error:
        if error.http_status == 401:
            raise
    return None


def _get(client: httpx.Client, path: str, params: dict[str, str]) -> Any:
    try:
        response = client.get(path, params=params)
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"OpenRouter did not answer at {path} ({type(error).__name__}). Try again later."
        ) from error
    try:
        document = loads(response.content)
    except ValueError:
        document = None
    # Status 402 withholds the results of a batch, not what it cost.
    if isinstance(document, dict) and document.get("object") in ("batch", "list"):
        return document
    raise refusal(response, path, API_KEY)
