-- What an accepted page cost with each model at one stage: `used` and `wasted` are the two parts.
select
    canonical_model as model,
    cost_per_accepted_page_usd as cost,
    usd_per(wasted_cost_usd, accepted_page_count) as wasted_cost,
    cost_per_accepted_page_usd - usd_per(wasted_cost_usd, accepted_page_count) as used_cost,
    usd_per(wasted_cost_usd, accepted_page_count) as wasted_cost_usd,
    cost_per_accepted_page_usd - usd_per(wasted_cost_usd, accepted_page_count) as used_cost_usd,
    accepted_page_count,
    call_count
from fct_model_stage_costs
where stage = $stage and accepted_page_count > 0
order by cost, model
