-- The calls that drive a difference between list and bill: of each day, model and provider the five
-- with the largest.

{{ config(materialized='incremental', unique_key='started_date') }}

with

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('started_date') }}
),

billed as (
    select
        started_date,
        coalesce(canonical_model, 'unknown') as canonical_model,
        coalesce(provider_name, 'unknown') as provider_name,
        event_id,
        generation_id,
        ebook_id,
        coalesce(is_byok, false) as is_byok,
        listed_cost_usd,
        cost_usd as billed_cost_usd,
        cast(cost_usd - listed_cost_usd as decimal(18, 12)) as difference_usd
    from attempts
    where {{ is_billed_and_listed() }} and cost_usd <> listed_cost_usd
),

ranked as (
    select
        *,
        row_number() over (
            partition by started_date, canonical_model, provider_name
            order by abs(difference_usd) desc, event_id
        ) as driver_rank
    from billed
),

drivers as (
    select
        started_date,
        canonical_model,
        provider_name,
        cast(driver_rank as bigint) as driver_rank,
        event_id,
        generation_id,
        ebook_id,
        is_byok,
        listed_cost_usd,
        billed_cost_usd,
        difference_usd
    from ranked
    where driver_rank <= 5
)

select * from drivers
