"""One answer of `GET /generation`, as a settlement."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from ingest.pull.answers import WireRow, WireUsd
from ingest.records import Count, Instant, Settlement
from ingest.wire.fields import provider_field, session_field, token_field, word_field


def read_generation(document: Any, observed_at: datetime) -> Settlement:
    """The settlement in an answer. Raises pydantic's `ValidationError` if it holds none.

    Tokens are the native ones, which the calls themselves report too and which are billed;
    `tokens_prompt` and `tokens_completion` are counted with another tokenizer.
    """
    generation = _Answer.model_validate(document).data
    return Settlement(
        generation_id=generation.id,
        total_cost_usd=generation.total_cost,
        upstream_cost_usd=generation.upstream_inference_cost,
        is_byok=generation.is_byok,
        is_cancelled=generation.cancelled,
        served_model=token_field(generation.model),
        provider_name=provider_field(generation.provider_name),
        finish_reason=word_field(generation.finish_reason),
        input_tokens=generation.native_tokens_prompt,
        cache_read_tokens=generation.native_tokens_cached,
        output_tokens=generation.native_tokens_completion,
        reasoning_tokens=generation.native_tokens_reasoning,
        output_image_tokens=generation.native_tokens_completion_images,
        output_image_count=generation.num_media_completion,
        generated_at=generation.created_at,
        observed_at=observed_at,
        session_id=session_field(generation.session_id),
        observed_in="generation",
    )


class _Generation(WireRow):
    id: str
    total_cost: WireUsd | None
    upstream_inference_cost: WireUsd | None = None
    is_byok: bool | None = None
    cancelled: bool | None = None
    model: str | None = None
    provider_name: str | None = None
    finish_reason: str | None = None
    native_tokens_prompt: Count | None = None
    native_tokens_cached: Count | None = None
    native_tokens_completion: Count | None = None
    native_tokens_reasoning: Count | None = None
    native_tokens_completion_images: Count | None = None
    num_media_completion: Count | None = None
    created_at: Instant | None = None
    session_id: str | None = None


class _Answer(BaseModel):
    data: _Generation
