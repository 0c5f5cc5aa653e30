"""The routes of the simulated OpenRouter, as a Starlette application."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.simulator.account import list_keys, show_activity, show_credits, show_key
from ingest.simulator.analytics import query_analytics
from ingest.simulator.batches import submit_batch
from ingest.simulator.chat.endpoint import TEXT_ENDPOINTS
from ingest.simulator.embeddings import embed_texts
from ingest.simulator.generations import show_generation
from ingest.simulator.images import draw_images
from ingest.simulator.job_questions import list_batches, show_job
from ingest.simulator.listings import (
    list_embedding_models,
    list_endpoints,
    list_image_endpoints,
    list_image_models,
    list_models,
    show_model,
)
from ingest.simulator.refusals import Refusal
from ingest.simulator.reranking import rank_documents
from ingest.simulator.speech import speak
from ingest.simulator.state import Simulator
from ingest.simulator.transcription import transcribe
from ingest.simulator.videos import show_video, submit_video
from ingest.simulator.wire_json import dumps

BASE_PATH: Final = "/api/v1"
Endpoint = Callable[[Simulator, Request], Awaitable[Response]]

_CALLS: Final[dict[str, Endpoint]] = {
    **{path: endpoint.respond for path, endpoint in TEXT_ENDPOINTS.items()},
    "/images": draw_images,
    "/embeddings": embed_texts,
    "/rerank": rank_documents,
    "/audio/speech": speak,
    "/audio/transcriptions": transcribe,
    "/videos": submit_video,
    "/batches": submit_batch,
}
_QUERIES: Final[dict[str, Endpoint]] = {"/analytics/query": query_analytics}
_GETS: Final[dict[str, Endpoint]] = {
    "/generation": show_generation,
    "/videos/{job_id}": show_job,
    "/videos/{job_id}/content": show_video,
    "/batches": list_batches,
    "/batches/{job_id}": show_job,
    "/credits": show_credits,
    "/key": show_key,
    "/keys": list_keys,
    "/activity": show_activity,
    "/models": list_models,
    "/models/{author}/{slug}/endpoints": list_endpoints,
    "/model/{author}/{slug}": show_model,
    "/images/models": list_image_models,
    "/images/models/{author}/{slug}/endpoints": list_image_endpoints,
    "/embeddings/models": list_embedding_models,
}


def build_app(simulator: Simulator) -> Starlette:
    """The application that serves this simulator: `/api/v1/…` and `/simulator/bill`."""
    routes = [_route(path, partial(call, simulator), "POST") for path, call in _CALLS.items()]
    for method, questions in (("POST", _QUERIES), ("GET", _GETS)):
        for path, question in questions.items():
            routes.append(_route(path, partial(_take_time, simulator, question), method))
    # Below the base URL too: that is the only address which a client was given.
    show_bill = partial(_show_bill, simulator)
    routes += [Route(base + "/simulator/bill", show_bill) for base in ("", BASE_PATH)]
    return Starlette(
        routes=routes,
        exception_handlers={Refusal: _refuse, HTTPException: _refuse},
    )


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> Route:
    return Route(BASE_PATH + path, endpoint, methods=[method])


async def _take_time(simulator: Simulator, question: Endpoint, request: Request) -> Response:
    await asyncio.sleep(simulator.config.record_latency_seconds)
    return await question(simulator, request)


async def _show_bill(simulator: Simulator, _: Request) -> Response:
    return Response(dumps(simulator.bill.as_json()), media_type="application/json")


async def _refuse(request: Request, error: Exception) -> Response:
    if isinstance(error, Refusal):
        return error.response(request.url.path)
    if isinstance(error, HTTPException):
        refusal = Refusal(error.status_code, error.detail, is_user_known=False)
        return refusal.response(request.url.path)
    raise error
