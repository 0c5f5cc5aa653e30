-- Why the provider's records and the ledger differ, and by how much; the classes sum to the whole.
select
    difference_class,
    sum(amount_usd) as amount_usd,
    sum(requests) as requests,
    count(distinct date_utc) as day_count,
    bool_or(is_untracked) as is_untracked
from fct_reconciliation_differences
group by difference_class
order by difference_class = 'rounding', abs(sum(amount_usd)) desc, difference_class
