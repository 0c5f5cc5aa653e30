"""The JSON body of a chat reply that is not streamed, and the outcome that it shows."""

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.chat.plan import ChatPlan
from ingest.simulator.faults import Fault
from ingest.simulator.refusals import USER_ID
from ingest.simulator.usage_report import usage_report


def chat_body(call: Call, plan: ChatPlan) -> tuple[dict[str, object], Outcome]:
    """The body with HTTP 200, which may be an error nevertheless, and what the call comes to."""
    if call.fault is Fault.ERROR_200:
        return _bare_error(plan), plan.failed(0)
    if call.fault is Fault.CHOICE_ERROR:
        piece_count = call.draw.integer("produced", 0, len(plan.pieces))
        return _body(call, plan, _failed_choice(plan, piece_count)), plan.failed(piece_count)
    outcome = plan.finished()
    body = _body(call, plan, _choice(plan))
    if call.fault is not Fault.NO_USAGE:
        searches = plan.web_search_count
        body["usage"] = usage_report(outcome.tokens, outcome.charge, plan.form, searches)
    return body, outcome


def _body(call: Call, plan: ChatPlan, choice: dict[str, object]) -> dict[str, object]:
    return {
        "id": call.generation_id,
        "object": "chat.completion",
        "created": int(call.received_at.timestamp()),
        "model": plan.model.spelling,
        "provider": plan.model.provider.name,
        "system_fingerprint": None,
        "service_tier": "default" if plan.model.provider.slug == "openai" else None,
        "choices": [choice],
    }


def _choice(plan: ChatPlan) -> dict[str, object]:
    message: dict[str, object] = {
        "role": "assistant",
        "content": plan.content,
        "refusal": None,
        "reasoning": plan.reasoning_text,
    }
    if plan.image_urls:
        message["images"] = plan.image_parts()
    return {
        "index": 0,
        "logprobs": None,
        "finish_reason": plan.finish_reason,
        "native_finish_reason": plan.native_finish_reason,
        "message": message,
    }


def _failed_choice(plan: ChatPlan, piece_count: int) -> dict[str, object]:
    return {
        "index": 0,
        "logprobs": None,
        "message": {
            "role": "assistant",
            "content": "".join(plan.pieces[:piece_count]),
            "refusal": None,
            "reasoning": None,
        },
        "finish_reason": "error",
        "native_finish_reason": "error",
        "error": {
            "code": 502,
            "message": "Provider disconnected mid-stream",
            "metadata": {"error_type": "provider_unavailable"},
        },
    }


def _bare_error(plan: ChatPlan) -> dict[str, object]:
    metadata = {
        "raw": "temporarily rate-limited upstream",
        "provider_name": plan.model.provider.name,
    }
    error = {"message": "Provider returned error", "code": 429, "metadata": metadata}
    return {"error": error, "user_id": USER_ID}
