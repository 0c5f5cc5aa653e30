-- Analytics tell a day's generations one by one, if a pull asked for them: what the ledger has of
-- those, and of those days.

{{ config(materialized='table') }}

with

generations as (
    select * from {{ ref('stg_provider_generations') }}
),

asked_days as (
    select distinct billed_date from generations
),

attempts as (
    select
        event_id,
        generation_id,
        source,
        cost_usd,
        coalesce(canonical_model, 'unknown') as canonical_model,
        {{ billed_date() }} as billed_date
    from {{ ref('fct_attempts') }}
    where
        generation_id is not null
        -- Of the days around those alone; the ledger has many more.
        and started_date in (
            select billed_date from asked_days
            union
            select billed_date - 1 from asked_days
            union
            select billed_date + 1 from asked_days
        )
)

select * from attempts
