-- The one place where a cost is decided: settled, else reported, else exported, else documented to
-- be zero, else estimated at the listed price, else unknown. True spend is what was charged to
-- credits and, only with our own provider key (BYOK), what the provider charged besides.

{{ config(materialized='incremental', unique_key='event_id') }}

with

attempts as (
    select * from {{ ref('int_priced_attempts') }}
),

outcomes as (
    select * from {{ ref('stg_outcomes') }}
),

fee_rates as (
    select * from {{ ref('stg_purchase_fee_rates') }}
),

said as (
    select
        *,
        coalesce(settled_cost_usd, reported_cost_usd, exported_cost_usd) as credits_usd,
        -- For other calls OpenRouter repeats its own charge here: adding it would count it twice.
        case when coalesce(is_byok, false) then upstream_cost_usd else 0 end as own_key_usd,
        status = 'failed'
        and (
            -- Refused before a provider was asked. 408, 500, 502, 504, 524 and an error inside an
            -- answer of 200 are not among them: the provider may have worked, and charged.
            http_status in (400, 401, 402, 403, 404, 413, 422, 429, 503, 529)
            -- Sent elsewhere: what was asked there is an attempt of its own.
            or http_status between 300 and 399
            -- The request never left.
            or (
                http_status is null
                and error_type in (
                    'ConnectError',
                    'ConnectTimeout',
                    'PoolTimeout',
                    'UnsupportedProtocol',
                    'LocalProtocolError'
                )
            )
        ) as is_never_billed
    from attempts
),

sourced as (
    select
        *,
        case
            when credits_usd is not null and own_key_usd is null then null
            when settled_cost_usd is not null then 'settled'
            when reported_cost_usd is not null then 'reported'
            when exported_cost_usd is not null then 'activity_export'
            when is_never_billed then 'documented_zero'
            when
                listed_cost_usd is not null
                and status = 'succeeded'
                -- Under a key of our own the provider is paid at its own price.
                and not coalesce(is_byok, false)
                then 'listed_price'
        end as cost_source
    from said
),

priced as (
    select
        *,
        case
            when cost_source in ('settled', 'reported', 'activity_export') then credits_usd
            when cost_source = 'documented_zero' then 0
            when cost_source = 'listed_price' then listed_cost_usd
        end as charged_usd,
        case
            when cost_source in ('settled', 'reported', 'activity_export') then own_key_usd
            when cost_source is not null then 0
        end as charged_upstream_usd
    from sourced
),

judged as (
    select
        priced.*,
        -- Credits cost more than they are worth: what they paid for bears its part of the fee.
        {{ at_rate('priced.charged_usd', 'fee_rates.fee_rate') }} as fee_share_usd,
        outcomes.outcome,
        case
            when priced.cost_source = 'listed_price' then 'estimated'
            when priced.cost_source is not null then 'confirmed'
            when priced.status = 'in_doubt' then 'in_doubt'
            else 'unknown'
        end as cost_status,
        coalesce(outcomes.outcome = 'rejected', false) as is_rejected,
        coalesce(outcomes.outcome = 'rejected', false)
        or priced.status in ('failed', 'cancelled', 'in_doubt') as is_wasted
    from priced
    left join outcomes on priced.operation_id = outcomes.operation_id
    left join fee_rates
        on
            priced.started_date >= fee_rates.valid_from
            and priced.started_date
            < coalesce(fee_rates.valid_until, cast('9999-12-31' as date))
),

final as (
    select
        event_id,
        operation_id,
        attempt_number,
        run_id,
        ebook_id,
        ebook_ids,
        stage,
        page_number,
        labels,
        endpoint,
        api_key_hash,
        requested_model,
        served_model,
        canonical_model,
        provider_name,
        generation_id,
        is_generation_matched,
        is_streamed,
        status,
        http_status,
        error_type,
        finish_reason,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens,
        output_image_tokens,
        input_image_count,
        output_image_count,
        web_search_count,
        is_byok,
        reported_cost_usd,
        cast(reported_spend_usd as decimal(18, 12)) as reported_spend_usd,
        settled_cost_usd,
        exported_cost_usd,
        cast(charged_usd as decimal(18, 12)) as openrouter_cost_usd,
        cast(charged_upstream_usd as decimal(18, 12)) as upstream_cost_usd,
        cast(charged_usd + charged_upstream_usd as decimal(18, 12)) as cost_usd,
        cast(fee_share_usd as decimal(18, 12)) as fee_share_usd,
        cost_source,
        cost_status,
        listed_cost_usd,
        {% for bucket in meter_buckets() %}
            listed_{{ bucket }}_cost_usd,
        {% endfor %}
        outcome,
        is_rejected,
        is_retried,
        is_wasted,
        ebook_id is not null as is_attributed,
        started_date,
        started_at,
        first_byte_at,
        finished_at,
        billed_at,
        landed_at,
        source
    from judged
)

select * from final
