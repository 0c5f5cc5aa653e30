-- By month: price, volume and mix of all models are what the month cost more than the one before,
-- as the hours tell it.
with

months as (
    select
        cast(date_trunc('month', started_date) as date) as month_start,
        sum(cost_usd) as cost_usd
    from {{ ref('int_daily_costs') }}
    group by cast(date_trunc('month', started_date) as date)
),

span as (
    select
        min(month_start) as first_month,
        max(month_start) as last_month
    from months
),

-- Each month adds its cost to its own difference and takes it from that of the next.
differences as (
    select
        month_start,
        cost_usd as difference_usd
    from months
    union all
    select
        cast(month_start + interval '1' month as date) as month_start,
        -cost_usd as difference_usd
    from months
),

expected as (
    select
        differences.month_start,
        sum(differences.difference_usd) as difference_usd
    from differences
    inner join span
        on
            differences.month_start > span.first_month
            and differences.month_start <= span.last_month
    group by differences.month_start
),

split as (
    select
        month_start,
        sum(price_usd + volume_usd + mix_usd) as difference_usd
    from {{ ref('fct_cost_variance') }}
    group by month_start
)

select
    expected.*,
    split.difference_usd as split_usd
from expected
full outer join split on expected.month_start = split.month_start
where
    expected.difference_usd is null
    or split.difference_usd is null
    or expected.difference_usd <> split.difference_usd
