"""Lets a request in: reads its body, knows its key, draws its fate."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from ingest.simulator.calls import Call
from ingest.simulator.faults import CallKind, Fault, parse_fault, random_fault
from ingest.simulator.keys import ApiKey, require_key
from ingest.simulator.reading import parse, read_as, what_is_asked
from ingest.simulator.refusals import Refusal
from ingest.simulator.seeding import Draw
from ingest.simulator.state import Simulator

_FAULT_MARK = "#fault="
_ID_PREFIXES: Final = {
    CallKind.IMAGE: "gen-img-",
    CallKind.EMBEDDING: "gen-emb-",
    CallKind.RERANK: "gen-rerank-",
    CallKind.SPEECH: "gen-tts-",
    CallKind.TRANSCRIPTION: "gen-stt-",
    CallKind.VIDEO: "gen-vid-",
    CallKind.BATCH: "batch_",
}


class InferenceRequest(BaseModel):
    """The fields that every inference endpoint reads; the others are left aside."""

    model_config = ConfigDict(frozen=True)

    is_cacheable: ClassVar[bool] = False
    """Whether the response cache serves this endpoint."""

    model: str | None = None
    stream: bool | None = None
    session_id: str | None = None
    user: str | None = None

    def kind(self) -> CallKind:
        """What sort of call this is; a chat unless an endpoint knows better."""
        return CallKind.STREAM if self.stream else CallKind.CHAT

    def requested_model(self) -> str:
        """The model that is asked for first; the account's default is the router."""
        return (self.model or "openrouter/auto").partition(_FAULT_MARK)[0]


Asked = TypeVar("Asked", bound=InferenceRequest)


async def admit(simulator: Simulator, request: Request, shape: type[Asked]) -> tuple[Call, Asked]:
    """The request in its shape and the call that it begins.

    Raises `Refusal`: 401 without a key, 400 for a body that is not what the endpoint takes.
    """
    api_key = require_key(request)
    content = await request.body()
    body = parse(content, request.headers.get("content-type", ""))
    asked = read_as(body, shape)
    raw = what_is_asked(body)
    ordinal = simulator.requests.next(api_key.sha256, request.url.path, raw)
    # The key is left out: the same request costs the same whoever sends it.
    draw = Draw.of(
        simulator.config.seed,
        request.method,
        request.url.path,
        hashlib.sha256(raw).hexdigest(),
        ordinal,
    )
    fault = requested_fault(simulator, request, raw, asked.model)
    if fault is None:
        fault = random_fault(simulator.config.faults, asked.kind(), draw, ordinal)
    call = _call(simulator, request, asked, api_key, draw, fault)
    return _look_up(simulator, request, asked, call, content), asked


def requested_fault(
    simulator: Simulator, request: Request, raw: bytes, model: str | None = None
) -> Fault | None:
    """The fault that header or model name ask for, while it has not happened often enough."""
    text = request.headers.get("x-simulate-fault") or (model or "").partition(_FAULT_MARK)[2]
    if not text:
        return None
    try:
        fault, times = parse_fault(text)
    except ValueError as error:
        raise Refusal(400, f"X-Simulate-Fault: {error}") from error
    identity = (request.headers.get("authorization"), str(request.url), raw, fault)
    return fault if simulator.asked_faults.next(*identity) < times else None


def _look_up(
    simulator: Simulator, request: Request, asked: InferenceRequest, call: Call, content: bytes
) -> Call:
    """The call as the response cache leaves it: answered by an earlier one, or to be kept."""
    if not asked.is_cacheable:
        return call
    identity = (call.api_key.sha256, request.url.path)
    caching = simulator.cache.look_up(request.headers, identity, content, call.received_at)
    if caching is None or caching.source is None:
        return replace(call, caching=caching)
    return replace(call, caching=caching, draw=caching.source.draw, fault=None)


def _call(
    simulator: Simulator,
    request: Request,
    asked: InferenceRequest,
    api_key: ApiKey,
    draw: Draw,
    fault: Fault | None,
) -> Call:
    now = simulator.config.clock()
    prefix = _ID_PREFIXES.get(asked.kind(), "gen-")
    # The instant and the key keep ids apart where seed and request are the same.
    suffix = Draw.of(draw.key.hex(), now.isoformat(), api_key.sha256).token("id", 20)
    return Call(
        kind=asked.kind(),
        api_key=api_key,
        requested_model=asked.requested_model(),
        fault=fault,
        draw=draw,
        generation_id=f"{prefix}{int(now.timestamp())}-{suffix}",
        received_at=now,
        latency_seconds=_latency_seconds(request.headers, simulator.config.latency_seconds),
        is_streamed=bool(asked.stream),
        session_id=asked.session_id or request.headers.get("x-session-id"),
        external_user=asked.user,
        user_agent=request.headers.get("user-agent"),
    )


def _latency_seconds(headers: Mapping[str, str], otherwise: float) -> float:
    """`X-Simulate-Latency` slows one request down, so that a client can lose patience with it."""
    text = headers.get("x-simulate-latency")
    if text is None:
        return otherwise
    try:
        return max(0.0, float(text))
    except ValueError as error:
        raise Refusal(400, f"X-Simulate-Latency: {text!r} is not a number of seconds") from error
