-- Each model's bill beside what its calls cost by the list, the largest difference first.
select
    canonical_model as model,
    sum(call_count) as call_count,
    sum(differing_count) as differing_count,
    sum(byok_count) as byok_count,
    sum(listed_cost_usd) as listed_cost_usd,
    sum(billed_cost_usd) as billed_cost_usd,
    sum(difference_usd) as difference_usd,
    100 * share_of(sum(difference_usd), sum(listed_cost_usd)) as difference_percent
from fct_price_drift
group by canonical_model
order by abs(sum(difference_usd)) desc, model
