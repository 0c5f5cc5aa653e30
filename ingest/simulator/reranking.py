"""`POST /rerank`: documents in the order of their relevance, sold by the search."""

from decimal import Decimal
from typing import Any, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import InferenceRequest, admit
from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.tokens import text_tokens
from ingest.simulator.faults import CallKind, Fault
from ingest.simulator.inference import answer, find_model, refuse_if_asked
from ingest.simulator.pricing import charge_units
from ingest.simulator.rates import Tokens
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator

_DOCUMENTS_PER_SEARCH: Final = 100


class RerankRequest(InferenceRequest):
    """What is read of a rerank request."""

    query: str
    documents: list[str | dict[str, Any]] = Field(min_length=1)
    top_n: int | None = Field(default=None, ge=1)

    def kind(self) -> CallKind:
        """Rankings are never streamed."""
        return CallKind.RERANK

    def texts(self) -> list[str]:
        """The documents' texts."""
        return [each if isinstance(each, str) else str(each["text"]) for each in self.documents]

    def search_count(self) -> int:
        """Searches that are charged: one for each hundred documents that were begun."""
        return -(-len(self.documents) // _DOCUMENTS_PER_SEARCH)


async def rank_documents(simulator: Simulator, request: Request) -> Response:
    """Rank documents; raises `Refusal` where OpenRouter answers with an error status."""
    call, asked = await admit(simulator, request, RerankRequest)
    model = find_model(simulator, call.requested_model, "rerank")
    outcome = _outcome(call, asked, model)
    refuse_if_asked(simulator, call, model, outcome)
    body: dict[str, object] = {
        "id": call.generation_id,
        "model": model.spelling,
        "provider": model.provider.name,
        "results": _results(call, asked),
    }
    if call.fault is not Fault.NO_USAGE:
        body["usage"] = _usage(asked, outcome)
    return answer(simulator, call, model, body, outcome)


def _outcome(call: Call, asked: RerankRequest, model: Model) -> Outcome:
    tokens = Tokens(sum(map(text_tokens, [asked.query, *asked.texts()])), 0)
    charge = charge_units(model.served, Decimal(asked.search_count()), call.api_key.byok)
    return Outcome("succeeded", tokens, charge, None)


def _results(call: Call, asked: RerankRequest) -> list[dict[str, object]]:
    results = [
        {
            "index": index,
            "relevance_score": Draw.of(call.draw.key.hex(), text).fraction("relevance"),
            "document": {"text": text},
        }
        for index, text in enumerate(asked.texts())
    ]
    results.sort(key=lambda result: -float(str(result["relevance_score"])))
    return results[: asked.top_n]


def _usage(asked: RerankRequest, outcome: Outcome) -> dict[str, object]:
    """It does not say whose key it was: what a provider charges besides, nobody is told here."""
    return {
        "search_units": asked.search_count(),
        "total_tokens": outcome.tokens.prompt,
        "cost": outcome.charge.wire_cost_usd,
    }
