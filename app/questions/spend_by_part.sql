-- $split is stage or model; an empty $ebook_id stands for all ebooks. Of more than twelve parts,
-- those after the twelfth are one: other.
with

parts as (
    select
        case $split when 'model' then canonical_model else stage end as part,
        sum(cost_usd) as cost_usd,
        sum(wasted_cost_usd) as wasted_cost_usd,
        sum(call_count) as call_count
    from fct_hourly_costs
    where $ebook_id in ('', ebook_id)
    group by part
),

ranked as (
    select
        *,
        row_number() over (order by cost_usd desc, part) as part_rank
    from parts
),

named as (
    select
        * replace (if(part_rank <= 12, part, 'other') as part),
        cost_usd - wasted_cost_usd as used_cost_usd
    from ranked
)

select
    part,
    sum(cost_usd) as cost_usd,
    sum(used_cost_usd) as used_cost_usd,
    sum(wasted_cost_usd) as wasted_cost_usd,
    sum(call_count) as call_count
from named
group by part
order by min(part_rank)
