-- Attempts of the days on which a balance was asked for, and of the days before them, as far as they
-- may be on either side of that instant. Whole days are summed in int_billed_days.

{{ config(materialized='table') }}

with

balances as (
    select distinct cast(observed_at as date) as observed_date
    from {{ ref('stg_provider_balances') }}
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
    where
        started_date in (
            select observed_date from balances
            union
            select observed_date - 1 from balances
        )
)

select * from attempts
