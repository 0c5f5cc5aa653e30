"""Asking for batches: one by its id, or all of the account's since an instant."""

from collections.abc import Iterator
from datetime import datetime

import httpx

from ingest.errors import NoAnswer, RequestRefused
from ingest.money import loads
from ingest.pull.answers import WireRow
from ingest.pull.provider import API_KEY, Patience, is_transient, refusal
from ingest.records import Instant, Settlement
from ingest.wire.reply import ReplyFacts
from ingest.wire.usage import Usage


class Batch(WireRow):
    """A batch as the list of batches has it."""

    id: str
    model: str | None = None
    created_at: Instant | None = None


def read_batch(body: bytes, event_id: str | None, observed_at: datetime) -> Settlement:
    """What a batch cost, as far as it is told; `event_id` is the call it had to be matched to.

    Raises pydantic's `ValidationError` if the body holds no batch.
    """
    batch, facts = Batch.model_validate(loads(body)), ReplyFacts()
    facts.learn(body)
    usage = facts.usage or Usage()
    return Settlement(
        generation_id=batch.id,
        total_cost_usd=usage.reported_cost_usd,
        upstream_cost_usd=usage.upstream_cost_usd,
        is_byok=usage.is_byok,
        served_model=facts.served_model,
        provider_name=facts.provider_name,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        generated_at=batch.created_at,
        observed_at=observed_at,
        observed_in="reply",
        event_id=event_id,
        items_json=facts.items_json,
    )


def ask_for_batch(client: httpx.Client, batch_id: str, patience: Patience) -> bytes | None:
    """The batch as it was sent; `None` where it is none of this account's.

    Raises `RequestRefused` for a bad key, `NoAnswer` when OpenRouter cannot be reached.
    """
    return _ask(client, f"/batches/{batch_id}", {}, patience)


def list_batches(client: httpx.Client, since: datetime, patience: Patience) -> Iterator[Batch]:
    """The account's batches since an instant, newest first. Raises as `ask_for_batch` does."""
    params = {"created_after": str(int(since.timestamp())), "limit": "100"}
    while (body := _ask(client, "/batches", params, patience)) is not None:
        page = loads(body)
        yield from map(Batch.model_validate, page.get("data", ()))
        if not page.get("has_more") or not page.get("last_id"):
            return
        params["after"] = page["last_id"]


def _ask(
    client: httpx.Client, path: str, params: dict[str, str], patience: Patience
) -> bytes | None:
    try:
        for attempt in patience.attempts(is_transient):
            with attempt:
                return _get(client, path, params)
    except RequestRefused as error:
        if error.http_status == 401:
            raise
    return None


def _get(client: httpx.Client, path: str, params: dict[str, str]) -> bytes:
    try:
        response = client.get(path, params=params)
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"OpenRouter did not answer at {path} ({type(error).__name__}). Try again later."
        ) from error
    # Status 402 withholds the results of a batch, not what it cost.
    if not _is_batch_or_list(response.content):
        raise refusal(response, path, API_KEY)
    return response.content


def _is_batch_or_list(body: bytes) -> bool:
    try:
        document = loads(body)
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("object") in ("batch", "list")
