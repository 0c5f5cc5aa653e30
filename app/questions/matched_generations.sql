-- How many generations of one UTC day agree with the provider's record of them, and how many do not.
select
    replace(match, '_', ' ') as match,
    replace(told_by, '_', ' ') as told_by,
    generation_count,
    recorded_usd,
    provider_usd
from fct_reconciliation_generation_days
where date_utc = cast($day as date)
order by match <> 'matched', match, told_by
