-- What the account and its keys used between two times of asking, beside the calls that ended then:
-- the newest 200.
select
    coalesce(api_key_name, if(balance_of = 'account', 'account', 'key ' || balance_of[:8])) as of_what,
    case
        when difference_class is null then '✓ agrees'
        when difference_class in ('rounding', 'in_flight') then '≈ settles by time'
        else '≠ open'
    end as state,
    difference_usd,
    replace(difference_class, '_', ' ') as why,
    provider_usd,
    ledger_usd,
    in_flight_usd,
    open_count,
    from_at,
    until_at
from fct_reconciliation_balances
order by until_at desc, of_what
limit 200
