-- What calls were billed against what they cost by the list in force: a price that changed between
-- two pulls, a provider that is not asked for its own, or a charge that no list tells.

{{ config(materialized='incremental', unique_key='started_date') }}

with

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('started_date') }}
),

drivers as (
    select * from {{ ref('fct_price_drift_calls') }}
    where driver_rank = 1 and {{ touched('started_date') }}
),

summed as (
    select
        started_date,
        coalesce(canonical_model, 'unknown') as canonical_model,
        coalesce(provider_name, 'unknown') as provider_name,
        count(*) as call_count,
        count(case when is_byok then 1 end) as byok_count,
        -- A price of more than twelve places is rounded in the list: that is no difference.
        count(case when abs(cost_usd - listed_cost_usd) * 1000 > listed_cost_usd then 1 end)
            as differing_count,
        cast(sum(listed_cost_usd) as decimal(38, 12)) as listed_cost_usd,
        cast(sum(cost_usd) as decimal(38, 12)) as billed_cost_usd,
        cast(sum(cost_usd - listed_cost_usd) as decimal(38, 12)) as difference_usd
    from attempts
    where {{ is_billed_and_listed() }}
    group by
        started_date, coalesce(canonical_model, 'unknown'), coalesce(provider_name, 'unknown')
),

driven as (
    select
        summed.started_date,
        summed.canonical_model,
        summed.provider_name,
        summed.call_count,
        summed.byok_count,
        summed.differing_count,
        summed.listed_cost_usd,
        summed.billed_cost_usd,
        summed.difference_usd,
        {{ usd_per('summed.billed_cost_usd', 'summed.listed_cost_usd') }} as billed_to_listed_ratio,
        drivers.event_id as driver_event_id,
        drivers.difference_usd as driver_difference_usd
    from summed
    left join drivers
        on
            summed.started_date = drivers.started_date
            and summed.canonical_model = drivers.canonical_model
            and summed.provider_name = drivers.provider_name
)

select * from driven
