"""`GET /models`: what every model is listed at, now. The key is not needed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import httpx
from pydantic import BeforeValidator, Field

from ingest.clock import Clock, utc_now
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.pull.answers import Answers, WireRow, WireUsd, exact_json
from ingest.pull.provider import API_KEY, Patience, get_rows
from ingest.pull.result import PullResult, land_answers
from ingest.records import ModelPrice


def pull_prices(
    lake: Lake, client: httpx.Client, *, clock: Clock = utc_now, patience: Patience | None = None
) -> PullResult:
    """Land one `model_prices` row per listed model, as observed now.

    Prices are the top provider's, in USD per unit; `-1` (a router: it varies) becomes null.
    A discount is left in `pricing_json`, for it holds for some calls and not for others.
    Raises `RequestRefused`, `NoAnswer` or `OpenRouterError`.
    """
    rows, _ = get_rows(
        client,
        "/models",
        # Without it OpenRouter leaves out the models that only make images or embeddings.
        {"output_modalities": "all"},
        key_variable=API_KEY,
        patience=patience or Patience(),
    )
    observed_at = clock()
    answers = Answers[ModelPrice]("model_prices", "GET /models")
    answers.read(rows, lambda row: _price(row, observed_at))
    return land_answers(lake, f"prices-{new_id()}", answers, observed_at)


def _null_if_variable(price: Any) -> Any:
    return None if str(price).startswith("-") else price


_Price = Annotated[WireUsd | None, BeforeValidator(_null_if_variable)]


class _Pricing(WireRow):
    prompt: _Price = None
    completion: _Price = None
    input_cache_read: _Price = None
    input_cache_write: _Price = None
    internal_reasoning: _Price = None
    image_output: _Price = None
    image: _Price = None
    request: _Price = None
    web_search: _Price = None


class _ListedModel(WireRow):
    model: str = Field(alias="id", min_length=1)
    canonical_slug: str | None = None
    name: str | None = None
    pricing: Mapping[str, Any]


def _price(row: Any, observed_at: datetime) -> ModelPrice:
    listed = _ListedModel.model_validate(row)
    pricing = _Pricing.model_validate(listed.pricing)
    return ModelPrice(
        model=listed.model,
        canonical_slug=listed.canonical_slug,
        model_name=listed.name,
        input_usd_per_token=pricing.prompt,
        output_usd_per_token=pricing.completion,
        cache_read_usd_per_token=pricing.input_cache_read,
        cache_write_usd_per_token=pricing.input_cache_write,
        reasoning_usd_per_token=pricing.internal_reasoning,
        image_output_usd_per_token=pricing.image_output,
        input_image_usd_per_image=pricing.image,
        request_usd_per_request=pricing.request,
        web_search_usd_per_search=pricing.web_search,
        pricing_json=exact_json(listed.pricing),
        observed_at=observed_at,
    )
