with

days as (
    select
        date_utc,
        sum(difference_usd) as difference_usd,
        sum(missing_requests) as missing_requests,
        bool_and(is_balanced) as is_balanced
    from fct_reconciliation_days
    group by date_utc
)

select
    count(*) as day_count,
    count(*) filter (where not is_balanced) as differing_day_count,
    coalesce(sum(difference_usd), 0) as difference_usd,
    coalesce(sum(missing_requests), 0) as missing_requests,
    min(date_utc) as first_date,
    max(date_utc) as last_date
from days
