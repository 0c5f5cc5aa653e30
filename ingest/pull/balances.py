"""`GET /credits`, `/keys` and `/key`: what the account and its keys have used in all their time."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
from pydantic import BaseModel

from ingest.clock import Clock, utc_now
from ingest.errors import OpenRouterError
from ingest.lake import Lake
from ingest.money import format_usd, loads
from ingest.pull.answers import Answers, WireRow, WireUsd
from ingest.pull.provider import API_KEY, MANAGEMENT_KEY, Patience, get, get_rows, is_transient
from ingest.pull.result import PullResult, land_answers
from ingest.records import ProviderBalance


def pull_account(
    lake: Lake,
    management: httpx.Client,
    *,
    clock: Clock = utc_now,
    patience: Patience | None = None,
) -> PullResult:
    """Land one `provider_balances` row for the account and one per key, with a management key.

    Names of keys come with them, so that exports which name keys and calls which know only the
    hash of theirs can be compared. Raises `RequestRefused`, `NoAnswer` or `OpenRouterError`.
    """
    patience = patience or Patience()
    observed_at = clock()
    answers = Answers[ProviderBalance]("provider_balances", "GET /credits")
    account = _facts(management, "/credits", MANAGEMENT_KEY, patience)
    answers.read([account], lambda row: _account(row, observed_at))
    answers.read(_keys(management, patience), lambda row: _key(row, observed_at))
    return _land(lake, answers, observed_at)


def pull_key(
    lake: Lake,
    client: httpx.Client,
    api_key: str,
    *,
    clock: Clock = utc_now,
    patience: Patience | None = None,
) -> PullResult:
    """Land what one key has used, asked for with that key itself. Raises as `pull_account` does."""
    observed_at = clock()
    answers = Answers[ProviderBalance]("provider_balances", "GET /key")
    facts = _facts(client, "/key", API_KEY, patience or Patience())
    key_hash = hashlib.sha256(api_key.strip().encode()).hexdigest()
    # Its label is made of the key's own letters, so it is left where it is.
    answers.read([facts], lambda row: _key({**row, "hash": key_hash, "name": None}, observed_at))
    return _land(lake, answers, observed_at)


class _Account(WireRow):
    total_credits: WireUsd
    total_usage: WireUsd


class _Key(WireRow):
    hash: str
    name: str | None = None
    usage: WireUsd
    byok_usage: WireUsd | None = None


class _Document(BaseModel):
    data: dict[str, Any]


def _account(row: Any, observed_at: datetime) -> ProviderBalance:
    account = _Account.model_validate(row)
    return ProviderBalance(
        usage_usd=account.total_usage, credits_usd=account.total_credits, observed_at=observed_at
    )


def _key(row: Any, observed_at: datetime) -> ProviderBalance:
    key = _Key.model_validate(row)
    return ProviderBalance(
        api_key_hash=key.hash,
        api_key_name=key.name,
        usage_usd=key.usage,
        byok_usage_usd=key.byok_usage,
        observed_at=observed_at,
    )


def _facts(
    client: httpx.Client, path: str, key_variable: str, patience: Patience
) -> dict[str, Any]:
    for attempt in patience.attempts(is_transient):
        with attempt:
            response = get(client, path, {}, key_variable=key_variable)
    try:
        return _Document.model_validate(loads(response.content)).data
    except ValueError as error:
        raise OpenRouterError(
            f"OpenRouter's answer to {path} is not what it was; nothing was landed of it."
        ) from error


def _keys(management: httpx.Client, patience: Patience) -> Iterator[Any]:
    offset = 0
    seen: list[Any] = []
    while True:
        page, _ = get_rows(
            management,
            "/keys",
            # A disabled key's past is in the account's sum too.
            {"offset": str(offset), "include_disabled": "true"},
            key_variable=MANAGEMENT_KEY,
            patience=patience,
        )
        if not page or page == seen:
            return
        yield from page
        offset, seen = offset + len(page), page


def _land(lake: Lake, answers: Answers[ProviderBalance], observed_at: datetime) -> PullResult:
    """What nobody spent since is no news: the same figures again land nothing."""
    figures = "\n".join(
        sorted(
            f"{row.api_key_hash} {row.api_key_name} {format_usd(row.usage_usd)} "
            f"{row.byok_usage_usd} {row.credits_usd}"
            for row in answers.records
        )
    )
    digest = hashlib.sha256(figures.encode()).hexdigest()
    return land_answers(lake, f"balances-{digest[:32]}", answers, observed_at)
