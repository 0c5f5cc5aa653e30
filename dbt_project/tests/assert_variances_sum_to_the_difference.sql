-- By month: price, volume and mix of all models are what the month cost more than the one before, as
-- the hours tell it.
with

months as (
    select
        cast(date_trunc('month', started_hour) as date) as month_start,
        sum(cost_usd) as cost_usd
    from {{ ref('fct_hourly_costs') }}
    group by cast(date_trunc('month', started_hour) as date)
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
        month_start,
        sum(difference_usd) as difference_usd
    from differences
    where
        month_start > (select min(month_start) from months)
        and month_start <= (select max(month_start) from months)
    group by month_start
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
