-- What each model cost at each stage by what was kept of its work, the cheapest per accepted page
-- first; those without an accepted page last.
select
    stage,
    canonical_model as model,
    cost_per_accepted_page_usd,
    accepted_page_count,
    page_count,
    ebook_count,
    call_count,
    cost_usd,
    wasted_cost_usd,
    100 * wasted_share as wasted_percent,
    unpriced_count + in_doubt_count as unknown_count,
    sum(cost_usd) over (partition by stage) as stage_cost_usd,
    sum(accepted_page_count) over (partition by stage) as stage_page_count
from fct_model_stage_costs
order by stage_cost_usd desc, stage, cost_per_accepted_page_usd nulls last, cost_usd desc, model
