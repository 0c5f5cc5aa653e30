-- What the calls of a balance's own day and of the day before had taken from credits at the instant
-- at which it was asked for: each of them may be on either side of it. Earlier days are whole, and
-- are summed in int_billed_days.

{{ config(materialized='incremental', unique_key='started_date') }}

with

balances as (
    select
        *,
        cast(observed_at as date) as started_date
    from {{ ref('stg_provider_balances') }}
    union all
    select
        *,
        cast(observed_at as date) - 1 as started_date
    from {{ ref('stg_provider_balances') }}
),

asked as (
    select
        balance_of,
        observed_at,
        started_date
    from balances
    where {{ touched('started_date', or_missing='balance_of, observed_at, started_date') }}
),

calls as (
    select
        api_key_hash,
        started_date,
        started_at,
        -- OpenRouter charges when a generation ends; of one that nobody saw end we know its start.
        coalesce(finished_at, billed_at) as ended_at,
        openrouter_cost_usd as credits_usd,
        cost_status in ('unknown', 'in_doubt') as is_open
    from {{ ref('fct_attempts') }}
    where started_date in (select asked.started_date from asked)
),

summed as (
    select
        asked.balance_of,
        asked.observed_at,
        asked.started_date,
        sum(case when calls.ended_at <= asked.observed_at then calls.credits_usd end)
            as credits_usd,
        count(case when calls.ended_at <= asked.observed_at and calls.is_open then 1 end)
            as open_count,
        -- Under way at that instant, or ended so shortly before that they were charged after it.
        sum(
            case
                when
                    calls.started_at <= asked.observed_at
                    and calls.ended_at > asked.observed_at - interval '10' minute
                    then calls.credits_usd
            end
        ) as in_flight_usd
    from asked
    left join calls
        on
            asked.started_date = calls.started_date
            and (asked.balance_of = 'account' or asked.balance_of = calls.api_key_hash)
    group by asked.balance_of, asked.observed_at, asked.started_date
)

select * from summed
