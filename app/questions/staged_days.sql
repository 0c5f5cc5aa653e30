-- What a file that was dropped would bring to each UTC day, beside what the ledger has of it now and
-- would have then. `$staged` has a struct for each day.
with

staged as (
    select
        cast(day['date'] as date) as date_utc,
        cast(day['row_count'] as bigint) as row_count,
        cast(day['told_usd'] as decimal(38, 12)) as told_usd
    from (select unnest($staged) as day)
),

ledger as (
    select
        started_date,
        sum(call_count) as call_count,
        sum(cost_usd) as cost_usd
    from fct_hourly_costs
    where started_date in (select date_utc from staged)
    group by started_date
)

select
    staged.date_utc,
    staged.row_count,
    staged.told_usd,
    coalesce(ledger.call_count, 0) as ledger_call_count,
    coalesce(ledger.cost_usd, 0) as ledger_usd,
    if($kind = 'calls', coalesce(ledger.cost_usd, 0) + staged.told_usd, null) as ledger_then_usd,
    if($kind = 'days', staged.told_usd - coalesce(ledger.cost_usd, 0), null) as difference_usd
from staged
left join ledger on staged.date_utc = ledger.started_date
order by staged.date_utc
