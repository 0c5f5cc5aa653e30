"""The public price lists: `/models`, `/images/models`, `/embeddings/models`, and endpoints."""

from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.catalogue import Model
from ingest.simulator.catalogue_entries import endpoint_entry, image_pricing, model_entry
from ingest.simulator.refusals import Refusal
from ingest.simulator.state import Simulator
from ingest.simulator.wire_json import dumps


async def list_models(simulator: Simulator, request: Request) -> Response:
    """All models that write text, or those of `?output_modalities=…` (`all` for every one)."""
    wanted = request.query_params.get("output_modalities", "text").split(",")
    models = [
        model
        for model in simulator.config.catalogue.models
        if "all" in wanted or any(model.writes(modality) for modality in wanted)
    ]
    return _page(request, models)


async def list_image_models(simulator: Simulator, request: Request) -> Response:
    """The models of `POST /images`."""
    return _page(request, [m for m in simulator.config.catalogue.models if m.writes("image")])


async def list_embedding_models(simulator: Simulator, request: Request) -> Response:
    """The models of `POST /embeddings`."""
    return _page(request, [m for m in simulator.config.catalogue.models if m.writes("embeddings")])


async def show_model(simulator: Simulator, request: Request) -> Response:
    """One model as the list has it; raises a refusal (404) for an unknown one."""
    return _json({"data": model_entry(_named(simulator, request))})


async def list_endpoints(simulator: Simulator, request: Request) -> Response:
    """Who serves a model at what price: that price is charged, not the one of `/models`."""
    model = _named(simulator, request)
    entry = model_entry(model)
    shown = {name: entry[name] for name in ("id", "name", "created", "description", "architecture")}
    return _json({"data": shown | {"endpoints": [endpoint_entry(model)]}})


async def list_image_endpoints(simulator: Simulator, request: Request) -> Response:
    """The prices of an image model, each with what is billed and by what unit."""
    model = _named(simulator, request)
    endpoint = {"provider_name": model.provider.name, "pricing": image_pricing(model.served)}
    return _json({"data": {"id": model.slug, "endpoints": [endpoint]}})


def _named(simulator: Simulator, request: Request) -> Model:
    name = f"{request.path_params['author']}/{request.path_params['slug']}"
    model = simulator.config.catalogue.find(name)
    if model is None:
        raise Refusal(404, f"Model {name} not found", is_user_known=False)
    return model


def _page(request: Request, models: list[Model]) -> Response:
    """All models, or the part that `offset` and `limit` ask for."""
    offset, limit = _number(request, "offset"), _number(request, "limit")
    if offset is None and limit is None:
        return _json({"data": [model_entry(model) for model in models]})
    start = offset or 0
    end = start + (limit or len(models))
    following = f"{request.url.path}?offset={end}&limit={limit}" if end < len(models) else None
    return _json(
        {
            "data": [model_entry(model) for model in models[start:end]],
            "total_count": len(models),
            "links": {"next": following},
        }
    )


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise Refusal(400, f"{name}: {text!r} is not a whole number")
    return int(text)


def _json(body: dict[str, object]) -> Response:
    return Response(dumps(body), media_type="application/json")
