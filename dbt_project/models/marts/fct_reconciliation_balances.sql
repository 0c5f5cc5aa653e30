-- The outermost check: what the provider's balance grew by from one time of asking to the next,
-- beside what the ledger's calls that ended in between took from credits.

with

balances as (
    select * from {{ ref('stg_provider_balances') }}
),

days as (
    select * from {{ ref('int_billed_days') }}
),

last_two_days as (
    select * from {{ ref('int_balance_usage') }}
),

-- A call lasts less than a day: those that started two days before have ended.
past_days as (
    select
        balances.balance_of,
        balances.observed_at,
        sum(days.credits_usd) as credits_usd,
        sum(days.open_count) as open_count
    from balances
    inner join days
        on
            balances.balance_of in ('account', days.api_key_hash)
            and days.started_date < cast(balances.observed_at as date) - 1
    group by balances.balance_of, balances.observed_at
),

last_days as (
    select
        balance_of,
        observed_at,
        sum(credits_usd) as credits_usd,
        sum(open_count) as open_count,
        sum(in_flight_usd) as in_flight_usd
    from last_two_days
    group by balance_of, observed_at
),

ledger as (
    select
        balances.*,
        coalesce(past_days.credits_usd, 0) + coalesce(last_days.credits_usd, 0) as ledger_usd,
        coalesce(past_days.open_count, 0) + coalesce(last_days.open_count, 0) as open_count,
        coalesce(last_days.in_flight_usd, 0) as in_flight_usd
    from balances
    left join past_days
        on
            balances.balance_of = past_days.balance_of
            and balances.observed_at = past_days.observed_at
    left join last_days
        on
            balances.balance_of = last_days.balance_of
            and balances.observed_at = last_days.observed_at
),

intervals as (
    select
        balance_of,
        api_key_hash,
        api_key_name,
        lag(observed_at) over (partition by balance_of order by observed_at) as from_at,
        observed_at as until_at,
        usage_usd
        - lag(usage_usd) over (partition by balance_of order by observed_at) as provider_usd,
        ledger_usd
        - lag(ledger_usd) over (partition by balance_of order by observed_at) as ledger_usd,
        open_count
        - lag(open_count) over (partition by balance_of order by observed_at) as open_count,
        in_flight_usd + lag(in_flight_usd) over (partition by balance_of order by observed_at)
            as in_flight_usd
    from ledger
),

compared as (
    select
        balance_of,
        api_key_hash,
        api_key_name,
        from_at,
        until_at,
        cast(provider_usd as decimal(38, 12)) as provider_usd,
        cast(ledger_usd as decimal(38, 12)) as ledger_usd,
        cast(provider_usd - ledger_usd as decimal(38, 12)) as difference_usd,
        cast(in_flight_usd as decimal(38, 12)) as in_flight_usd,
        cast(open_count as bigint) as open_count
    from intervals
    where from_at is not null
),

judged as (
    select
        *,
        case
            when difference_usd = 0 then null
            -- A balance is one double: of thousands of dollars it holds ten places or so.
            when abs(difference_usd) < 0.000001 then 'rounding'
            when abs(difference_usd) <= in_flight_usd then 'in_flight'
            when difference_usd > 0 and open_count > 0 then 'not_settled_yet'
            when difference_usd > 0 then 'untracked_call'
            else 'unexplained'
        end as difference_class
    from compared
)

select * from judged
