-- What one USD bought, from the day of a rate until the next one. A rate holds for 31 days at most:
-- weekends and lists by month are covered, and a list that ends says nothing of what came after it.

with

rates as (
    select * from {{ ref('stg_exchange_rates') }}
    where rate > 0
),

usd_rates as (
    select
        rate_date,
        base_currency,
        rate as usd_rate
    from rates
    where currency = 'USD' and base_currency <> 'USD'
),

-- From the dollar itself, else through the base: units for one EUR by dollars for one EUR.
crossed as (
    select
        rate_date,
        base_currency,
        currency,
        rate as rate_per_usd
    from rates
    where base_currency = 'USD' and currency <> 'USD'
    union all
    select
        rates.rate_date,
        rates.base_currency,
        rates.currency,
        {{ usd_per('rates.rate', 'usd_rates.usd_rate') }} as rate_per_usd
    from rates
    inner join usd_rates
        on
            rates.rate_date = usd_rates.rate_date
            and rates.base_currency = usd_rates.base_currency
    where rates.currency <> 'USD'
    union all
    select
        rate_date,
        base_currency,
        base_currency as currency,
        {{ usd_per('1', 'usd_rate') }} as rate_per_usd
    from usd_rates
),

chosen as (
    {{ one_row_per(
        'currency, rate_date', 'crossed',
        order_by="case when base_currency = 'USD' then 0 else 1 end, base_currency",
    ) }}
),

intervals as (
    select
        currency,
        rate_date as valid_from,
        least(
            coalesce(
                lead(rate_date) over (partition by currency order by rate_date),
                rate_date + 31
            ),
            rate_date + 31
        ) as valid_until,
        cast(rate_per_usd as decimal(38, 12)) as rate_per_usd
    from chosen
)

select * from intervals
