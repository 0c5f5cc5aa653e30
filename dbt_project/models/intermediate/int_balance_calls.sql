-- Attempts of the days on which a balance was asked for, and of the days before them: each may be
-- on either side of that instant. Whole days are summed in int_billed_days.

{{ config(materialized='table') }}

with

balances as (
    select * from {{ ref('stg_provider_balances') }}
),

days as (
    select cast(observed_at as date) as started_date from balances
    union
    select cast(observed_at as date) - 1 as started_date from balances
),

attempts as (
    select
        api_key_hash,
        started_date,
        started_at,
        -- OpenRouter charges when a generation ends; of one that nobody saw end we know its start.
        coalesce(finished_at, billed_at) as ended_at,
        openrouter_cost_usd as credits_usd,
        cost_status in ('unknown', 'in_doubt') as is_open
    from {{ ref('fct_attempts') }}
    where started_date in (select days.started_date from days)
)

select * from attempts
