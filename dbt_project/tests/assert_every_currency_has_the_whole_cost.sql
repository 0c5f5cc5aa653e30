-- Asked when everything is built anew: it converts each day of history.
with

currencies as (
    select distinct currency from {{ ref('dim_exchange_rates') }}
),

converted as (
    select
        currency,
        sum(cost_usd) as cost_usd,
        count(case when cost_amount is null and unconverted_cost_usd = 0 then 1 end) as lost_count,
        count(case when cost_amount is not null and unconverted_cost_usd > 0 then 1 end)
            as partial_count
    from {{ ref('fct_ebook_costs_by_currency') }}
    group by currency
),

ledger as (
    select coalesce(sum(cost_usd), 0) as cost_usd
    from {{ ref('int_ebook_usage') }}
)

select
    currencies.currency,
    ledger.cost_usd as ledger_usd,
    converted.cost_usd
from currencies
cross join ledger
left join converted on currencies.currency = converted.currency
where
    {{ not is_restating() }}
    and (
        coalesce(converted.cost_usd, 0) <> ledger.cost_usd
        or converted.lost_count > 0
        or converted.partial_count > 0
    )
