"""The two halves of an attempt's line in the spool: what is known before it leaves, and after.

Plain structs without validation, since they are made before and after each call: what no lake can
hold goes to quarantine when it is sealed. The fields are columns of `usage_events`.
"""

from datetime import datetime
from decimal import Decimal

import msgspec


class Departure(msgspec.Struct, omit_defaults=True):
    """The columns that are known when a request leaves."""

    event_id: str
    operation_id: str
    attempt_number: int
    endpoint: str
    started_at: datetime
    session_id: str | None = None
    run_id: str | None = None
    ebook_id: str | None = None
    ebook_ids: str | None = None
    stage: str | None = None
    page_number: int | None = None
    labels: str | None = None
    api_key_hash: str | None = None
    requested_model: str | None = None
    is_streamed: bool | None = None
    input_image_count: int | None = None
    reserved_usd: Decimal | None = None


class Arrival(msgspec.Struct, omit_defaults=True):
    """The columns that the reply and its end tell; USD as `Decimal`."""

    http_status: int | None = None
    generation_id: str | None = None
    served_model: str | None = None
    provider_name: str | None = None
    finish_reason: str | None = None
    output_image_count: int | None = None
    usage_json: str | None = None
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    output_image_tokens: int | None = None
    web_search_count: int | None = None
    reported_cost_usd: Decimal | None = None
    upstream_cost_usd: Decimal | None = None
    is_byok: bool | None = None
    status: str | None = None
    error_type: str | None = None
    first_byte_at: datetime | None = None
    finished_at: datetime | None = None


def json_fields(half: Departure | Arrival) -> bytes:
    """The fields of a JSON object without its braces and without what is unknown.

    Money as decimal strings, times in UTC.
    """
    return _encoder.encode(half)[1:-1]


_encoder = msgspec.json.Encoder()
