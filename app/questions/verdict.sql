-- Whether the ledger is the bill: null when there is nothing to compare with. What exports round,
-- and what balances of the next pull have, is no difference to it.
with

days as (
    select
        count(distinct date_utc) as day_count,
        min(date_utc) as first_date,
        max(date_utc) as last_date,
        coalesce(sum(ledger_usd), 0) as ledger_usd,
        coalesce(sum(provider_usd), 0) as provider_usd,
        coalesce(sum(difference_usd), 0) as difference_usd,
        coalesce(sum(missing_requests), 0) as missing_requests
    from fct_reconciliation_days
),

differing as (
    select
        count(distinct date_utc) as differing_day_count,
        count(*) filter (where difference_class <> 'rounding') as open_class_count,
        coalesce(sum(amount_usd) filter (where difference_class = 'rounding'), 0) as rounding_usd
    from fct_reconciliation_differences
),

runs as (
    select
        count(*) as run_count,
        count(*) filter (where not is_agreed) as disagreeing_run_count
    from fct_run_totals
),

-- The whole account, or the keys where only those were asked for.
balances as (
    select
        count(*) as balance_count,
        count(*) filter (
            where coalesce(difference_class, 'none') not in ('none', 'rounding', 'in_flight')
        ) as open_balance_count
    from fct_reconciliation_balances
    where
        balance_of = 'account'
        or not exists (from fct_reconciliation_balances where balance_of = 'account')
)

select
    *,
    if(
        day_count + balance_count = 0,
        null,
        open_class_count + open_balance_count + disagreeing_run_count = 0
    ) as is_balanced
from days
cross join differing
cross join runs
cross join balances
