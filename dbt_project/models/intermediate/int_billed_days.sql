-- The ledger as the provider dates it: what fct_attempts holds, summed for each day on which calls
-- were started by the day on which OpenRouter made their generations.

{{ config(materialized='incremental', unique_key='started_date') }}

with

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('started_date') }}
),

dated as (
    select
        *,
        {{ billed_date() }} as billed_date,
        -- `Unknown` is the exports' word for a key that they do not tell.
        case when source = 'activity_export' then nullif({{ label('api_key_name') }}, 'Unknown') end
            as api_key_name,
        cost_status in ('unknown', 'in_doubt') as is_open
    from attempts
),

summed as (
    select
        started_date,
        billed_date,
        coalesce(canonical_model, 'unknown') as canonical_model,
        api_key_hash,
        api_key_name,
        source,
        count(*) as attempt_count,
        -- A request without a generation never reached what the provider counts.
        count(case when generation_id is not null or source <> 'live' then 1 end) as request_count,
        cast(coalesce(sum(cost_usd), 0) as decimal(38, 12)) as cost_usd,
        cast(coalesce(sum(openrouter_cost_usd), 0) as decimal(38, 12)) as credits_usd,
        cast(coalesce(sum(upstream_cost_usd), 0) as decimal(38, 12)) as own_key_usd,
        count(case when is_open then 1 end) as open_count,
        count(case when is_open and generation_id is null then 1 end) as open_without_id_count,
        count(case when cost_status = 'estimated' then 1 end) as estimated_count,
        -- Told to six places only; the old back office kept no more either.
        count(
            case
                when cost_source = 'activity_export' then 1
                when source = 'legacy_database' and cost_source = 'reported' then 1
            end
        ) as exported_count
    from dated
    group by
        started_date,
        billed_date,
        coalesce(canonical_model, 'unknown'),
        api_key_hash,
        api_key_name,
        source
)

select * from summed
