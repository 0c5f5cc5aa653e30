"""The rows of the lake. Each model is the single source of its table's columns and types.

Columns grow by nullable additions only. Instants are UTC, money is USD as `Decimal`,
and what nobody has said is `None`.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ingest.money import LARGEST_USD, round_usd

SCHEMA_VERSION = 1

Status = Literal["succeeded", "failed", "cancelled", "in_doubt"]
Source = Literal["live", "activity_export", "legacy_database", "analytics"]


def _to_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a time needs a time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time must lie within the years 1 to 9999 in UTC") from error


def _refuse_float(amount: Any) -> Any:
    if isinstance(amount, float):
        raise ValueError("money must be a Decimal or a decimal string, never a float")
    return amount


Usd = Annotated[Decimal, BeforeValidator(_refuse_float), AfterValidator(round_usd)]
"""USD, rounded half to even at twelve places; a float is refused."""
Instant = Annotated[datetime, AfterValidator(_to_utc)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""Bounded as Parquet bounds it: a number from the wire must never stop a whole segment."""
Amount = Annotated[Usd, Field(ge=0, lt=LARGEST_USD)]


class Record(BaseModel):
    """One immutable row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _check_characters(self) -> Self:
        # A lone surrogate passes for a text, and would stop the whole file when it is written.
        for value in self.__dict__.values():
            if isinstance(value, str):
                value.encode()
        return self


class UsageEvent(Record):
    """One attempt: one HTTP request to OpenRouter, at most one billable generation."""

    event_id: str
    """UUIDv7, made before the request leaves; UUIDv5 of its source for an imported row."""
    operation_id: str
    """The logical request behind one or more attempts."""
    attempt_number: Annotated[Count, Field(ge=1)] = 1
    run_id: str | None = None
    ebook_id: str | None = None
    ebook_ids: str | None = None
    """A JSON array of the ebooks that share the attempt, if it is for several."""
    stage: str | None = None
    page_number: Count | None = None
    labels: str | None = None
    """A JSON object of the caller's own labels."""
    endpoint: str
    """Path below the base URL, as `chat/completions`."""
    api_key_hash: str | None = None
    """SHA-256 of the API key in hexadecimal, as `/activity` uses it."""
    requested_model: str | None = None
    served_model: str | None = None
    """The model OpenRouter answered with: often a dated permaslug or a fallback."""
    provider_name: str | None = None
    generation_id: str | None = None
    is_streamed: bool | None = None
    status: Status
    http_status: Count | None = None
    error_type: str | None = None
    finish_reason: str | None = None
    input_tokens: Count | None = None
    """All input tokens; cache reads and writes are inside."""
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    output_tokens: Count | None = None
    """All output tokens; reasoning and image tokens are inside."""
    reasoning_tokens: Count | None = None
    output_image_tokens: Count | None = None
    input_image_count: Count | None = None
    output_image_count: Count | None = None
    web_search_count: Count | None = None
    reported_cost_usd: Amount | None = None
    """Charged to credits; OpenRouter `usage.cost`."""
    upstream_cost_usd: Amount | None = None
    """`cost_details.upstream_inference_cost`; a further cost only if `is_byok`."""
    is_byok: bool | None = None
    usage_json: str | None = None
    """The `usage` object as it came."""
    started_at: Instant
    first_byte_at: Instant | None = None
    finished_at: Instant | None = None
    landed_at: Instant | None = None
    source: Source = "live"
    schema_version: int = SCHEMA_VERSION
    session_id: str | None = None
    """What OpenRouter was told as `session_id`: it finds a call that died without a generation."""
    reserved_usd: Amount | None = None
    """The most that a budget expected the call to cost, before it left."""

    @property
    def spend_usd(self) -> Usd | None:
        """True spend as far as the reply told it: credits, and upstream if the key was our own."""
        if self.reported_cost_usd is None:
            return None
        if not self.is_byok:
            return self.reported_cost_usd
        return (
            None
            if self.upstream_cost_usd is None
            else self.reported_cost_usd + self.upstream_cost_usd
        )


class Settlement(Record):
    """What OpenRouter's `GET /generation` said, later, that one generation cost."""

    generation_id: str
    total_cost_usd: Amount | None
    upstream_cost_usd: Amount | None = None
    is_byok: bool | None = None
    is_cancelled: bool | None = None
    served_model: str | None = None
    provider_name: str | None = None
    finish_reason: str | None = None
    input_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    output_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    output_image_tokens: Count | None = None
    output_image_count: Count | None = None
    generated_at: Instant | None = None
    observed_at: Instant
    session_id: str | None = None
    """The `session_id` of the request, as OpenRouter kept it."""
    observed_in: Literal["generation", "analytics", "reply"] | None = None
    """`GET /generation`, the analytics query, or the later reply that told a job's cost."""
    event_id: str | None = None
    """The attempt without a generation id that it was matched to, by session, model and time."""
    items_json: str | None = None
    """Of a batch: a JSON array of its items, each with its number, `custom_id` and tokens."""
    landed_at: Instant | None = None


class Outcome(Record):
    """Whether the result of one operation was used; the newest word counts."""

    outcome_id: str
    operation_id: str
    outcome: Literal["accepted", "rejected"]
    reason: str | None = None
    decided_at: Instant
    landed_at: Instant | None = None


class CostCalculated(Record):
    """The producer's own sum when a run is finished; the warehouse must agree with it."""

    run_id: str
    ebook_id: str | None = None
    attempt_count: Count
    unpriced_count: Count
    cost_usd: Amount
    """Sum of what the replies themselves reported."""
    stage_totals: str
    """JSON object: stage → {attempt_count, unpriced_count, cost_usd as a decimal string}."""
    started_at: Instant
    finished_at: Instant
    landed_at: Instant | None = None


class Ebook(Record):
    """What is known about one ebook; a later row replaces an earlier one."""

    ebook_id: str
    title: str | None = None
    kind: str | None = None
    series: str | None = None
    page_count: Count | None = None
    list_price_usd: Amount | None = None
    royalty_rate: Annotated[Usd, Field(ge=0, le=1)] | None = None
    """Share of the list price that the publisher keeps, 0 to 1."""
    recorded_at: Instant
    landed_at: Instant | None = None


class ModelPrice(Record):
    """One observation of a listed price: USD per unit, `None` where none is listed.

    Of a model, or of one endpoint at which a provider serves it. What holds for some calls only
    (`overrides`) is in `pricing_json`; the prices are those before the `discount`.
    """

    model: str
    canonical_slug: str | None = None
    model_name: str | None = None
    input_usd_per_token: Amount | None = None
    output_usd_per_token: Amount | None = None
    cache_read_usd_per_token: Amount | None = None
    cache_write_usd_per_token: Amount | None = None
    reasoning_usd_per_token: Amount | None = None
    image_output_usd_per_token: Amount | None = None
    input_image_usd_per_image: Amount | None = None
    request_usd_per_request: Amount | None = None
    web_search_usd_per_search: Amount | None = None
    pricing_json: str
    """The whole `pricing` object: overrides, discounts and what else it holds."""
    observed_at: Instant
    landed_at: Instant | None = None
    source: Literal["models", "endpoints", "genai_prices"] | None = None
    """OpenRouter's `/models` or `/endpoints`, or genai-prices, whose `observed_at` is the day from
    which it says the price held. `None`: `/models`, before there were others."""
    provider_name: str | None = None
    """Who serves at this price; `None` for the model's own list price."""
    endpoint_tag: str | None = None
    """Which of the provider's endpoints, as `deepinfra/fp8`."""
    service_tier: str | None = None
    """The tier that the endpoint sells, as `flex`; `None` for the standard one."""
    cache_write_1h_usd_per_token: Amount | None = None
    input_audio_usd_per_token: Amount | None = None
    output_audio_usd_per_token: Amount | None = None
    input_image_usd_per_token: Amount | None = None
    output_image_usd_per_image: Amount | None = None
    """Of models that sell images by the piece, whatever their size."""
    discount: Annotated[Usd, Field(ge=0, le=1)] | None = None
    """What is taken off every price, 0 to 1."""


class ProviderActivity(Record):
    """The provider's own sum: UTC day × model × provider or key, within one snapshot.

    A snapshot is one export file or one pull; inside it a day is complete as of then.
    """

    snapshot_id: str
    source: Literal["activity_export", "activity_api"]
    activity_date: date
    model: str
    provider_name: str | None = None
    api_key_name: str | None = None
    usage_usd: Amount
    byok_usage_usd: Amount | None = None
    request_count: Count
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    landed_at: Instant | None = None
    api_key_hash: str | None = None
    """Asked for by key: a part of what the same snapshot says without one."""


class ProviderGeneration(Record):
    """One generation as the provider's analytics bill it: evidence beside the ledger, no cost."""

    generation_id: str
    billed_date: date
    """UTC day on which OpenRouter dates it."""
    model: str | None = None
    cost_usd: Amount | None
    """Credits, and what providers charged to our own keys, together."""
    observed_at: Instant
    landed_at: Instant | None = None


class ProviderBalance(Record):
    """What the account, or one key of it, had used in all its time when it was asked."""

    api_key_hash: str | None = None
    """`None`: the whole account."""
    api_key_name: str | None = None
    usage_usd: Amount
    """Credits used."""
    byok_usage_usd: Amount | None = None
    """Charged by providers to our own keys."""
    credits_usd: Amount | None = None
    """Credits bought, of the account."""
    observed_at: Instant
    landed_at: Instant | None = None


class ExchangeRate(Record):
    """How many units of `currency` one unit of `base_currency` bought on one day."""

    rate_date: date
    base_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    rate: Annotated[Usd, Field(gt=0, lt=LARGEST_USD)]
    landed_at: Instant | None = None


class Quarantined(Record):
    """A line or row that could not become a record, kept whole with the reason."""

    quarantine_id: str
    table_name: str
    origin: str
    """The segment or file it came from, by name."""
    line_number: Count
    reason: str
    payload: str
    landed_at: Instant | None = None


def said_by(error: ValidationError) -> str:
    """What is wrong with a row, field by field, without the values: they may be private."""
    parts = (f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
    return "; ".join(parts).encode(errors="backslashreplace").decode()


TABLES: dict[str, type[Record]] = {
    "usage_events": UsageEvent,
    "settlements": Settlement,
    "outcomes": Outcome,
    "control_totals": CostCalculated,
    "ebooks": Ebook,
    "model_prices": ModelPrice,
    "provider_activity": ProviderActivity,
    "exchange_rates": ExchangeRate,
    "provider_generations": ProviderGeneration,
    "provider_balances": ProviderBalance,
    "quarantine": Quarantined,
}
"""Table name → its row, for every folder of the lake."""
