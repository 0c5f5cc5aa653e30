with

attempts as (
    select {{ summed_measures() }} from {{ ref('int_daily_costs') }}
),

status as (
    select
        count(*) as row_count,
        sum(attempt_count) as attempt_count,
        sum(cost_usd) as cost_usd,
        sum(unpriced_count) as unpriced_count,
        sum(in_doubt_count) as in_doubt_count
    from {{ ref('fct_ledger_status') }}
)

select
    attempts.call_count,
    status.*
from status
cross join attempts
where
    status.row_count <> 1
    or status.attempt_count <> attempts.call_count
    or status.cost_usd <> attempts.cost_usd
    or status.unpriced_count <> attempts.unpriced_count
    or status.in_doubt_count <> attempts.in_doubt_count
