"""`GET /models` and `/models/…/endpoints`: what is listed now. The key is not needed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from ingest.clock import Clock, utc_now
from ingest.errors import RequestRefused
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.money import loads
from ingest.pull.answers import Answers, exact_json
from ingest.pull.listing import ImageEndpoint, ListedEndpoint, ListedModel, Pricing, slugs_in_use
from ingest.pull.provider import API_KEY, Patience, get, get_rows, is_transient
from ingest.pull.result import PullResult, land_answers
from ingest.records import ModelPrice


def pull_prices(
    lake: Lake, client: httpx.Client, *, clock: Clock = utc_now, patience: Patience | None = None
) -> PullResult:
    """Land one `model_prices` row per listed model, and one per endpoint of the models in use.

    In use are those that the lake's events name. Prices are USD per unit, before any discount;
    a model's own is its top provider's. Raises `RequestRefused`, `NoAnswer` or `OpenRouterError`;
    what was learned until then has landed.
    """
    patience = patience or Patience()
    observed_at = clock()
    rows, _ = get_rows(
        client,
        "/models",
        # Without it OpenRouter leaves out the models that only make images or embeddings.
        {"output_modalities": "all"},
        key_variable=API_KEY,
        patience=patience,
    )
    models = Answers[ModelPrice]("model_prices", "GET /models")
    models.read(rows, lambda row: _model_price(row, observed_at))
    listed = land_answers(lake, f"prices-{new_id()}", models, observed_at)
    endpoints = Answers[ModelPrice]("model_prices", "GET /endpoints")
    try:
        for model in slugs_in_use(_readable(rows), _names_in_use(lake)):
            _read_endpoints(endpoints, model, client, patience, observed_at)
    finally:
        served = land_answers(lake, f"endpoints-{new_id()}", endpoints, observed_at)
    return PullResult(
        landed_count=listed.landed_count + served.landed_count,
        quarantined_count=listed.quarantined_count + served.quarantined_count,
    )


def to_model_price(model: str, pricing: Any, observed_at: datetime, **known: Any) -> ModelPrice:
    """The row for a `pricing` object; raises `ValidationError` for what is none."""
    prices = Pricing.model_validate(pricing).model_dump()
    return ModelPrice(
        model=model,
        pricing_json=exact_json(pricing),
        observed_at=observed_at,
        **{**prices, **known},
    )


def _model_price(row: Any, observed_at: datetime) -> ModelPrice:
    listed = ListedModel.model_validate(row)
    return to_model_price(
        listed.model,
        listed.pricing,
        observed_at,
        source="models",
        canonical_slug=listed.canonical_slug,
        model_name=listed.name,
    )


def _readable(rows: Iterable[Any]) -> Iterable[ListedModel]:
    for row in rows:
        try:
            yield ListedModel.model_validate(row)
        except ValidationError:  # In quarantine already.
            continue


def _names_in_use(lake: Lake) -> set[str]:
    columns = ("requested_model", "served_model")
    names = lake.scan("usage_events").select(columns).unique().collect()
    return {name for column in columns for name in names[column] if name}


def _read_endpoints(
    answers: Answers[ModelPrice],
    model: ListedModel,
    client: httpx.Client,
    patience: Patience,
    observed_at: datetime,
) -> None:
    path = f"{quote(model.model, safe='/:~')}/endpoints"
    images = _endpoints(client, f"/images/models/{path}", patience) if model.writes_images else []
    per_image = {image.provider_name: image.per_image() for image in _readable_images(images)}

    def to_row(row: Any) -> ModelPrice:
        endpoint = ListedEndpoint.model_validate(row)
        return to_model_price(
            model.model,
            endpoint.pricing,
            observed_at,
            source="endpoints",
            canonical_slug=model.canonical_slug,
            model_name=model.name,
            provider_name=endpoint.provider_name,
            endpoint_tag=endpoint.tag,
            service_tier=endpoint.service_tier,
            **per_image.get(endpoint.provider_name, {}),
        )

    answers.read(_endpoints(client, f"/models/{path}", patience), to_row)


def _readable_images(rows: Iterable[Any]) -> Iterable[ImageEndpoint]:
    for row in rows:
        try:
            yield ImageEndpoint.model_validate(row)
        except ValidationError:  # A price by the piece is then unknown; nothing else depends on it.
            continue


def _endpoints(client: httpx.Client, path: str, patience: Patience) -> list[Any]:
    try:
        for attempt in patience.attempts(is_transient):
            with attempt:
                response = get(client, path, {}, key_variable=API_KEY)
    except RequestRefused as error:
        if error.http_status == 404:  # Listed, and served by nobody any more.
            return []
        raise
    try:
        document = loads(response.content)
    except ValueError:
        return []
    data = document.get("data") if isinstance(document, dict) else None
    rows = data.get("endpoints") if isinstance(data, dict) else None
    return rows if isinstance(rows, list) else []
