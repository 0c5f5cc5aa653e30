"""The events of a streamed chat, in the forms and with the accidents that streams have."""

from collections.abc import Iterator, Mapping
from typing import Final

from ingest.simulator.calls import Call
from ingest.simulator.chat.plan import ChatPlan
from ingest.simulator.delivery import Ending, ending_of
from ingest.simulator.faults import Fault
from ingest.simulator.sse import COMMENT, DONE, data_event, split_unevenly
from ingest.simulator.stream_delivery import StreamScript
from ingest.simulator.usage_report import UsageForm, usage_report

Line = tuple[str, int]
"""The text of an event, and how many pieces of the answer are out after it."""

_FAILURES: Final = (Fault.ERROR_MID_STREAM, Fault.ERROR_WITH_USAGE)
_USAGE_CHUNKS: Final[tuple[Fault, ...]] = (
    Fault.USAGE_WITHOUT_CHOICES,
    Fault.USAGE_EMPTY_DELTA,
    Fault.USAGE_REPEATS_FINISH,
)


def script_chat(call: Call, plan: ChatPlan, wants_echo: bool) -> StreamScript:
    """What is sent for this call, and what is charged before which event."""
    opening = list(_opening(call, plan, wants_echo))
    ending = ending_of(call.fault)
    count = call.draw.integer("produced", 0, len(plan.pieces))
    if ending is not Ending.COMPLETE:
        outcome, closing = plan.interrupted(count), []
    elif call.fault in _FAILURES:
        outcome, closing = plan.failed(count), _failure(call, plan, count)
    else:
        count = len(plan.pieces)
        outcome, closing = plan.finished(), _settlement(call, plan)
    lines = opening + list(_answer(call, plan, count))
    events = split_unevenly(
        lines + [(text, count) for text in closing], call.draw, ending is Ending.CUT
    )
    return StreamScript(events, len(lines), outcome, ending)


def _opening(call: Call, plan: ChatPlan, wants_echo: bool) -> Iterator[Line]:
    for _ in range(call.draw.integer("comments", 0, 4)):
        yield COMMENT, 0
    if wants_echo:
        debug = {"echo_upstream_body": {"model": plan.model.slug}}
        yield _chunk(call, plan, [], debug=debug), 0
    if plan.tokens.reasoning:
        thought = _said("") | {"reasoning": plan.reasoning_text}
        yield _chunk(call, plan, [_choice(thought)]), 0


def _answer(call: Call, plan: ChatPlan, count: int) -> Iterator[Line]:
    for number, piece in enumerate(plan.pieces[:count], start=1):
        yield _chunk(call, plan, [_choice(_said(piece))]), number
        if call.draw.chance(f"comment{number}", 0.1):
            yield COMMENT, number
    if count < len(plan.pieces) or call.fault in _FAILURES:
        return
    if plan.image_urls:
        images = _said("") | {"images": plan.image_parts()}
        yield _chunk(call, plan, [_choice(images)]), count
    for _ in range(call.draw.integer("finish_chunks", 1, 2)):
        yield _chunk(call, plan, [_finish(plan)]), count


def _settlement(call: Call, plan: ChatPlan) -> list[str]:
    """The usage chunk in one of its three real forms, then the end."""
    if call.fault is Fault.NO_USAGE:
        return [DONE]
    outcome = plan.finished()
    usage = usage_report(outcome.tokens, outcome.charge, plan.form, plan.web_search_count)
    asked = [form for form in _USAGE_CHUNKS if form is call.fault]
    form = call.draw.choice("usage", asked or _USAGE_CHUNKS)
    if form is Fault.USAGE_WITHOUT_CHOICES:
        return [_chunk(call, plan, [], usage=usage), DONE]
    if form is Fault.USAGE_EMPTY_DELTA:
        return [_chunk(call, plan, [_choice(_said(""))], usage=usage), DONE]
    return [_chunk(call, plan, [_finish(plan)], service_tier="default", usage=usage), DONE]


def _failure(call: Call, plan: ChatPlan, count: int) -> list[str]:
    """The error chunk: without usage and the last thing sent, or with usage and an end."""
    if call.fault is Fault.ERROR_MID_STREAM:
        error = {
            "code": 502,
            "message": "Provider disconnected unexpectedly",
            "metadata": {"error_type": "provider_unavailable", "provider_code": "upstream_reset"},
        }
        return [_chunk(call, plan, [_choice({"content": ""}, "error", "error")], error=error)]
    outcome = plan.failed(count)
    usage = usage_report(outcome.tokens, outcome.charge, UsageForm.UPSTREAM_NULL)
    error = {"code": 400, "message": "Token limit reached"}
    return [_chunk(call, plan, [_choice(_said(""))], error=error, usage=usage), DONE]


def _chunk(call: Call, plan: ChatPlan, choices: list[dict[str, object]], **more: object) -> str:
    return data_event(
        {
            "id": call.generation_id,
            "object": "chat.completion.chunk",
            "created": int(call.received_at.timestamp()),
            "model": plan.model.spelling,
            "provider": plan.model.provider.name,
            "choices": choices,
            **more,
        }
    )


def _said(text: str) -> dict[str, object]:
    return {"role": "assistant", "content": text}


def _finish(plan: ChatPlan) -> dict[str, object]:
    return _choice(_said(""), plan.finish_reason, plan.native_finish_reason)


def _choice(
    delta: Mapping[str, object], reason: str | None = None, native_reason: str | None = None
) -> dict[str, object]:
    return {
        "index": 0,
        "delta": dict(delta),
        "finish_reason": reason,
        "native_finish_reason": native_reason,
    }
