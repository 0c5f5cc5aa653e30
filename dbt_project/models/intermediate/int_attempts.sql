-- Everything that was said about one attempt, side by side; which cost counts is decided later.

{% set told_later = [
    'served_model',
    'provider_name',
    'finish_reason',
    'input_tokens',
    'cache_read_tokens',
    'reasoning_tokens',
    'output_image_tokens',
    'output_image_count',
] %}

with

events as {{ inlined() }} (
    select * from {{ ref('int_billed_events') }}
),

settlements as (
    select * from {{ ref('stg_settlements') }}
),

models as (
    select * from {{ ref('dim_models') }}
),

-- One generation is billed once, however often it was told: by our recorder, by a second one around
-- it, by an export. Our own row stays, as it alone knows what the call was for.
attempts as {{ inlined() }} (
    {{ one_row_per(
        'billed_key', 'events', repeated=ref('int_repeated_generations'),
        order_by="
                    case source
                        when 'live' then 1
                        when 'legacy_database' then 2
                        when 'activity_export' then 3
                        else 4
                    end,
                    case when status = 'in_doubt' then 1 else 0 end,
                    landed_at,
                    event_id",
    ) }}
),

-- Few operations have a second attempt, and only those are sorted.
repeated_operations as (
    {{ repeated_keys('operation_id', 'attempts') }}
),

tried_again as (
    select
        attempts.event_id,
        lead(attempts.event_id) over (
            partition by attempts.operation_id
            order by attempts.attempt_number, attempts.started_at, attempts.event_id
        ) is not null as is_retried
    from attempts
    inner join repeated_operations on attempts.operation_id = repeated_operations.operation_id
),

told_by_provider as {{ inlined() }} (
    select * from events
    where source in ('activity_export', 'analytics')
),

exports as (
    {{ one_row_per(
        'billed_key', 'told_by_provider', repeated=ref('int_repeated_generations'),
        order_by="case source when 'activity_export' then 1 else 2 end, landed_at, event_id",
    ) }}
),

gathered as (
    select
        attempts.event_id,
        attempts.operation_id,
        attempts.attempt_number,
        coalesce(tried_again.is_retried, false) as is_retried,
        attempts.run_id,
        attempts.ebook_id,
        attempts.ebook_ids,
        attempts.stage,
        attempts.page_number,
        attempts.labels,
        attempts.endpoint,
        attempts.api_key_hash,
        attempts.requested_model,
        attempts.billed_generation_id as generation_id,
        attempts.generation_id is null
        and attempts.billed_generation_id is not null as is_generation_matched,
        attempts.is_streamed,
        attempts.status,
        attempts.http_status,
        attempts.error_type,
        attempts.input_image_count,
        attempts.web_search_count,
        attempts.started_at,
        attempts.first_byte_at,
        attempts.finished_at,
        attempts.landed_at,
        attempts.source,
        case
            when attempts.source in ('live', 'legacy_database') then attempts.reported_cost_usd
        end as reported_cost_usd,
        -- What the reply alone said of the true spend: the producer's own sums are made of it.
        attempts.reported_cost_usd
        + case when coalesce(attempts.is_byok, false) then attempts.upstream_cost_usd else 0 end
            as reported_spend_usd,
        settlements.total_cost_usd as settled_cost_usd,
        exports.reported_cost_usd as exported_cost_usd,
        -- Whose key it was, and what that cost, OpenRouter knows better than its own first reply.
        coalesce(settlements.is_byok, attempts.is_byok, exports.is_byok) as is_byok,
        coalesce(
            settlements.upstream_cost_usd, attempts.upstream_cost_usd, exports.upstream_cost_usd
        ) as upstream_cost_usd,
        -- What a cut connection kept from us, OpenRouter tells later.
        {% for column in told_later %}
            coalesce(attempts.{{ column }}, settlements.{{ column }}, exports.{{ column }})
                as {{ column }},
        {% endfor %}
        -- An embedding puts nothing out, and its reply says nothing of that.
        coalesce(
            attempts.output_tokens,
            settlements.output_tokens,
            exports.output_tokens,
            case when attempts.endpoint = 'embeddings' then 0 end
        ) as output_tokens,
        coalesce(attempts.cache_write_tokens, exports.cache_write_tokens) as cache_write_tokens,
        -- A call just before midnight may be on the provider's next day.
        coalesce(settlements.generated_at, exports.started_at, attempts.started_at) as billed_at
    from attempts
    left join settlements on attempts.billed_generation_id = settlements.generation_id
    left join exports on attempts.billed_key = exports.billed_key
    left join tried_again on attempts.event_id = tried_again.event_id
),

named as (
    select
        gathered.*,
        models.canonical_model
    from gathered
    left join models
        on coalesce(gathered.served_model, gathered.requested_model) = models.model
)

select * from named
