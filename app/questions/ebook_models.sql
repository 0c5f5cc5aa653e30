-- What each model did in each stage, for a map of areas.
select
    stage,
    canonical_model as model,
    cost_usd,
    wasted_cost_usd,
    call_count,
    accepted_page_count
from fct_ebook_model_costs
where ebook_id = $ebook_id and cost_usd > 0
order by cost_usd desc, stage, model
