-- The same of one model, UTC day by UTC day.
select
    started_date as date_utc,
    sum(call_count) as call_count,
    sum(differing_count) as differing_count,
    sum(listed_cost_usd) as listed_cost_usd,
    sum(billed_cost_usd) as billed_cost_usd,
    sum(difference_usd) as difference_usd,
    100 * share_of(sum(difference_usd), sum(listed_cost_usd)) as difference_percent
from fct_price_drift
where canonical_model = $model
group by started_date
order by started_date
