-- The stages that work can be given to another model for, the dearest first.
select
    stage,
    sum(cost_usd) as cost_usd
from fct_model_stage_costs
group by stage
having sum(cost_usd) > 0
order by cost_usd desc, stage
limit 12
