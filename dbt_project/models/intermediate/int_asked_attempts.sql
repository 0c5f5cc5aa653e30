-- Analytics tell a day's generations one by one, if a pull asked for them: what the ledger has of
-- those days.

{{ config(materialized='incremental', unique_key='started_date') }}

with

-- Whatever was ever said of one: a day that was asked about stays so when a generation of it is
-- dated otherwise later.
generations as (
    select * from {{ source('lake', 'provider_generations') }}
),

-- Of these days and those around them alone; the ledger has many more.
asked_days as (
    select billed_date as started_date from generations
    union
    select billed_date - 1 as started_date from generations
    union
    select billed_date + 1 as started_date from generations
),

days as (
    select * from asked_days
    where {{ touched('started_date', or_missing='started_date') }}
),

attempts as (
    select
        event_id,
        started_date,
        generation_id,
        cost_usd,
        coalesce(canonical_model, 'unknown') as canonical_model,
        {{ billed_date() }} as billed_date
    from {{ ref('fct_attempts') }}
    where
        generation_id is not null
        and started_date in (select days.started_date from days)
)

select * from attempts
