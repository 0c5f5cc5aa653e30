-- $split is stage or model; an empty $ebook_id stands for all ebooks. Of more than twelve parts,
-- those after the twelfth are one: other.
with

parts as (
    select
        case $split when 'model' then canonical_model else stage end as part,
        whole_sum(cost) as cost,
        whole_sum(wasted_cost) as wasted_cost,
        sum(cost_usd) as cost_usd,
        sum(wasted_cost_usd) as wasted_cost_usd,
        sum(call_count) as call_count
    from spent($view)
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
    select * replace (if(part_rank <= 12, part, 'other') as part) from ranked
)

select
    part,
    whole_sum(cost) as cost,
    whole_sum(cost - wasted_cost) as used_cost,
    whole_sum(wasted_cost) as wasted_cost,
    sum(cost_usd) as cost_usd,
    sum(cost_usd - wasted_cost_usd) as used_cost_usd,
    sum(wasted_cost_usd) as wasted_cost_usd,
    sum(call_count) as call_count
from named
group by part
order by min(part_rank)
