-- What each stage came to, in the order in which the work began; `starts_at_usd` and `ends_at_usd`
-- are what had been spent before and after it, were the stages done one after the other.
with

stages as (
    select
        stage,
        cost_usd,
        cost_usd - wasted_cost_usd as used_cost_usd,
        wasted_cost_usd,
        call_count,
        row_number() over (order by first_call_at, stage) as stage_rank
    from fct_stage_costs
    where ebook_id = $ebook_id
)

select
    *,
    sum(cost_usd) over (order by stage_rank) - cost_usd as starts_at_usd,
    sum(cost_usd) over (order by stage_rank) as ends_at_usd
from stages
order by stage_rank
