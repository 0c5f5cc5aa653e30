-- Each UTC day's cost at the rate of that day. A cost on a day without a rate is in no currency but
-- USD, and the whole is then unknown in that currency.

{{ config(materialized='view') }}

with

model_days as (
    select * from {{ ref('int_daily_costs') }}
),

rates as (
    select * from {{ ref('dim_exchange_rates') }}
),

days as (
    select
        ebook_id,
        started_date,
        sum(cost_usd) as cost_usd
    from model_days
    group by ebook_id, started_date
),

currencies as (
    select distinct currency from rates
),

converted as (
    select
        days.ebook_id,
        currencies.currency,
        days.cost_usd,
        case
            when days.cost_usd = 0 then 0
            else {{ at_rate('days.cost_usd', 'rates.rate_per_usd') }}
        end as cost_amount
    from days
    cross join currencies
    left join rates
        on
            currencies.currency = rates.currency
            and days.started_date >= rates.valid_from
            and days.started_date < rates.valid_until
),

summed as (
    select
        ebook_id,
        currency,
        cast(sum(cost_usd) as decimal(38, 12)) as cost_usd,
        cast(
            coalesce(sum(case when cost_amount is null then cost_usd end), 0) as decimal(38, 12)
        ) as unconverted_cost_usd,
        sum(cost_amount) as converted_amount
    from converted
    group by ebook_id, currency
),

judged as (
    select
        ebook_id,
        currency,
        cost_usd,
        unconverted_cost_usd,
        cast(case when unconverted_cost_usd = 0 then converted_amount end as decimal(38, 12))
            as cost_amount
    from summed
)

select * from judged
