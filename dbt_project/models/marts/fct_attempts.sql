-- The one place where a cost is decided: settled, else reported, else exported, else documented to
-- be zero, else estimated at the listed price, else unknown. True spend is what was charged to
-- credits and, only with our own provider key (BYOK), what the provider charged besides.

{{ config(materialized='incremental', unique_key='event_id') }}

with

attempts as {{ inlined() }} (
    select * from {{ ref('int_attempts') }}
),

listed_costs as (
    select * from {{ ref('int_listed_costs') }}
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
        said.*,
        listed_costs.listed_cost_usd,
        {% for bucket in meter_buckets() %}
            listed_costs.listed_{{ bucket }}_cost_usd,
        {% endfor %}
        case
            when said.credits_usd is not null and said.own_key_usd is null then null
            when said.settled_cost_usd is not null then 'settled'
            when said.reported_cost_usd is not null then 'reported'
            when said.exported_cost_usd is not null then 'activity_export'
            when said.is_never_billed then 'documented_zero'
            when
                listed_costs.listed_cost_usd is not null
                and said.status = 'succeeded'
                -- Under a key of our own the provider is paid at its own price.
                and not coalesce(said.is_byok, false)
                then 'listed_price'
        end as cost_source
    from said
    left join listed_costs on said.event_id = listed_costs.event_id
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

judged as (
    select
        priced.*,
        -- Credits cost more than they are worth: what they paid for bears its part of the fee.
        {{ at_rate('priced.charged_usd', 'fee_rates.fee_rate') }} as fee_share_usd,
        coalesce(tried_again.is_retried, false) as is_retried,
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
    left join tried_again on priced.event_id = tried_again.event_id
    left join fee_rates
        on
            cast(priced.started_at as date) >= fee_rates.valid_from
            and cast(priced.started_at as date)
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
        cast(started_at as date) as started_date,
        started_at,
        first_byte_at,
        finished_at,
        billed_at,
        landed_at,
        source
    from judged
)

select * from final
