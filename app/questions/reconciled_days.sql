-- The UTC days of one year that the provider's records cover, beside the ledger; `difference_usd` and
-- `missing_requests` are the provider's less the ledger's.
with

classes as (
    select
        date_utc,
        bool_and(difference_class = 'rounding') as is_rounding,
        list_sort(list_distinct(list(difference_class))) as difference_classes
    from fct_reconciliation_differences
    group by date_utc
),

days as (
    select
        date_utc,
        sum(ledger_usd) as ledger_usd,
        sum(provider_usd) as provider_usd,
        sum(difference_usd) as difference_usd,
        sum(ledger_requests) as ledger_requests,
        sum(provider_requests) as provider_requests,
        sum(missing_requests) as missing_requests,
        bool_and(is_balanced) as is_balanced
    from fct_reconciliation_days
    where year(date_utc) = $year
    group by date_utc
)

select
    days.*,
    case
        when days.is_balanced then 'balanced'
        when classes.is_rounding then 'rounding only'
        else 'differs'
    end as state,
    replace(array_to_string(classes.difference_classes, ', '), '_', ' ') as why
from days
left join classes on days.date_utc = classes.date_utc
order by days.date_utc
