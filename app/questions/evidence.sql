-- What the ledger is held against, and the time that it covers.
select
    'sums by day' as evidence,
    count(distinct date_utc) as record_count,
    cast(min(date_utc) as timestamptz) as first_at,
    cast(max(date_utc) as timestamptz) as last_at
from fct_reconciliation_days
union all
select
    case told_by
        when 'generation' then 'settlements, one by one'
        when 'activity_export' then 'calls of activity exports'
        else 'calls of analytics'
    end as evidence,
    sum(generation_count) as record_count,
    cast(min(date_utc) as timestamptz) as first_at,
    cast(max(date_utc) as timestamptz) as last_at
from fct_reconciliation_generation_days
where match <> 'ledger_only'
group by told_by
union all
select
    'balances of the account and keys' as evidence,
    count(*) as record_count,
    min(from_at) as first_at,
    max(until_at) as last_at
from fct_reconciliation_balances
union all
select
    'producers'' own sums of runs' as evidence,
    count(*) as record_count,
    min(started_at) as first_at,
    max(finished_at) as last_at
from fct_run_totals
