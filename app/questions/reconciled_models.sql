-- One UTC day by model and key, what differs first.
with

classes as (
    select
        canonical_model,
        api_key,
        replace(string_agg(distinct difference_class, ', '), '_', ' ') as why
    from fct_reconciliation_differences
    where date_utc = cast($day as date)
    group by canonical_model, api_key
)

select
    days.canonical_model as model,
    coalesce(days.api_key, 'all keys') as api_key,
    if(days.is_balanced, '✓ balanced', '≠ differs') as state,
    days.difference_usd,
    days.missing_requests,
    days.ledger_usd,
    days.provider_usd,
    days.ledger_requests,
    days.provider_requests,
    classes.why
from fct_reconciliation_days as days
left join classes
    on
        days.canonical_model = classes.canonical_model
        and days.api_key is not distinct from classes.api_key
where days.date_utc = cast($day as date)
order by days.is_balanced, abs(days.difference_usd) desc, model, api_key
