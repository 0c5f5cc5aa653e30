"""The object by which a batch is told: without results and usage, then with both."""

from collections.abc import Sequence
from datetime import datetime

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.jobs import Job
from ingest.simulator.usage_report import byok_details


def batch_job(
    call: Call,
    endpoint: str,
    model: Model,
    results: Sequence[dict[str, object]],
    outcome: Outcome,
    done_at: datetime,
) -> Job:
    """The batch while it is worked off, and when it is done."""
    failed_count = sum(result["error"] is not None for result in results)
    total = {"total": len(results)}
    pending: dict[str, object] = {
        "id": call.generation_id,
        "object": "batch",
        "endpoint": endpoint,
        "model": model.permaslug,
        "provider": model.provider.name,
        "completion_window": "24h",
        "status": "in_progress",
        "created_at": int(call.received_at.timestamp()),
        "finalized_at": None,
        "expires_at": None,
        "request_counts": total | {"completed": 0, "failed": 0},
        "usage": None,
        "results": None,
        "error": None,
    }
    counts = total | {"completed": len(results) - failed_count, "failed": failed_count}
    done = pending | {
        "status": "completed",
        "finalized_at": int(done_at.timestamp()),
        "request_counts": counts,
        "usage": _usage(outcome),
        "results": list(results),
    }
    return Job(call.api_key.sha256, done_at, pending, done)


def _usage(outcome: Outcome) -> dict[str, object]:
    tokens, charge = outcome.tokens, outcome.charge
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": charge.wire_cost_usd,
        "is_byok": charge.is_byok,
        **byok_details(charge),
    }
