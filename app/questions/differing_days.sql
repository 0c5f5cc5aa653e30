-- The UTC days that differ, the newest 500; the provider's less the ledger's.
with

classes as (
    select
        date_utc,
        bool_and(difference_class = 'rounding') as is_rounding,
        replace(string_agg(distinct difference_class, ', '), '_', ' ') as why
    from fct_reconciliation_differences
    group by date_utc
)

select
    days.date_utc,
    if(any_value(classes.is_rounding), '≈ rounding only', '≠ differs') as state,
    sum(days.difference_usd) as difference_usd,
    sum(days.missing_requests) as missing_requests,
    sum(days.ledger_usd) as ledger_usd,
    sum(days.provider_usd) as provider_usd,
    any_value(classes.why) as why
from fct_reconciliation_days as days
inner join classes on days.date_utc = classes.date_utc
group by days.date_utc
order by days.date_utc desc
limit 500
