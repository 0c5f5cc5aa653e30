"""`POST /analytics/query`: the bill, grouped by what is asked; counts come as strings."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ingest.simulator.admission import requested_fault
from ingest.simulator.bill import Generation, byok_usd, openrouter_usd, true_usd
from ingest.simulator.fault_refusals import refusal_for
from ingest.simulator.keys import require_management_key
from ingest.simulator.refusals import Refusal
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator
from ingest.simulator.wire_json import dumps

Group = Iterable[Generation]

_DIMENSIONS: Final[dict[str, Callable[[Generation], str | None]]] = {
    "generation_id": lambda generation: generation.generation_id,
    "external_user": lambda generation: generation.external_user,
    "model": lambda generation: generation.model.permaslug,
    "provider": lambda generation: generation.model.provider.name,
    "api_key_id": lambda generation: generation.api_key_hash,
    "finish_reason": lambda generation: generation.outcome.finish_reason,
}
_METRICS: Final[dict[str, Callable[[list[Generation]], object]]] = {
    "total_usage": true_usd,
    "credits_usage": openrouter_usd,
    "openrouter_usage": openrouter_usd,
    "byok_usage": byok_usd,
    "request_count": lambda own: str(len(own)),
    "tokens_prompt": lambda own: str(sum(each.outcome.tokens.prompt for each in own)),
    "tokens_completion": lambda own: str(sum(each.outcome.tokens.completion for each in own)),
}
_KEPT: Final = timedelta(days=31)


class Filter(BaseModel):
    """One condition on a dimension."""

    field: Literal["generation_id", "external_user", "model", "provider", "api_key_id"]
    operator: Literal["eq", "neq", "in", "not_in"]
    value: str | list[str]

    def admits(self, generation: Generation) -> bool:
        """Whether a generation fulfils it."""
        values = self.value if isinstance(self.value, list) else [self.value]
        is_among = _DIMENSIONS[self.field](generation) in values
        return is_among == (self.operator in ("eq", "in"))


class TimeRange(BaseModel):
    """From `start`, before `end`; UTC."""

    start: AwareDatetime
    end: AwareDatetime


class Query(BaseModel):
    """The body of a query; what it has beside this is left aside."""

    metrics: list[str] = Field(min_length=1)
    dimensions: Annotated[list[str], Field(max_length=2)] = []
    filters: list[Filter] = []
    time_range: TimeRange | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000

    def admits(self, generation: Generation) -> bool:
        """Whether a generation is in its time and fulfils every filter."""
        within = self.time_range
        if within and not within.start <= generation.created_at < within.end:
            return False
        return all(condition.admits(generation) for condition in self.filters)


async def query_analytics(simulator: Simulator, request: Request) -> Response:
    """One row per combination of dimensions, the dearest first, cut at `limit`.

    Generations are known from when `/generation` knows them, and for 31 days. Raises `Refusal`:
    403 for an ordinary key, 400 for what cannot be asked, and whatever fault was asked for.
    """
    require_management_key(request)
    raw = await request.body()
    query = _read(raw)
    fault = requested_fault(simulator, request, raw)
    now = simulator.config.clock()
    if fault is not None and (refusal := refusal_for(fault, "analytics", Draw.of("query"), now)):
        raise refusal
    groups: dict[tuple[str | None, ...], list[Generation]] = defaultdict(list)
    for generation in simulator.bill.generations():
        is_kept = generation.created_at > now - _KEPT and generation.ready_at <= now
        if is_kept and query.admits(generation):
            groups[tuple(_DIMENSIONS[name](generation) for name in query.dimensions)].append(
                generation
            )
    return Response(dumps({"data": _answer(query, groups)}), media_type="application/json")


def _answer(
    query: Query, groups: dict[tuple[str | None, ...], list[Generation]]
) -> dict[str, object]:
    ranked = sorted(groups.items(), key=lambda group: true_usd(group[1]), reverse=True)
    rows = [
        dict(zip(query.dimensions, names, strict=True))
        | {metric: _METRICS[metric](own) for metric in query.metrics}
        for names, own in ranked[: query.limit]
    ]
    is_truncated = len(ranked) > query.limit
    metadata = {"query_time_ms": 12.5, "row_count": len(rows), "truncated": is_truncated}
    return {"data": rows, "metadata": metadata}


def _read(raw: bytes) -> Query:
    try:
        query = Query.model_validate(json.loads(raw))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refusal(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise Refusal(400, "The request body is not valid JSON") from error
    unknown = {*query.metrics} - {*_METRICS} or {*query.dimensions} - {*_DIMENSIONS}
    if unknown:
        raise Refusal(400, f"Unknown metric or dimension: {', '.join(sorted(unknown))}")
    return query
