-- $grain is second, minute, hour, day, week or month of the time zone; $split is stage or model. Of
-- more than seven parts, those after the sixth are one: other.
with

lines as (
    select
        *,
        case $split when 'model' then canonical_model else stage end as part
    from spent($view)
),

ranked as (
    select
        part,
        row_number() over (order by sum(cost_usd) desc, part) as part_rank,
        count(*) over () as part_count
    from lines
    group by part
    having sum(cost_usd) > 0
),

named as (
    select
        date_trunc($grain, lines.local_time) as bucket_started_at,
        if(ranked.part_rank <= 6 or ranked.part_count = 7, ranked.part, 'other') as part,
        least(ranked.part_rank, 7) as part_rank,
        lines.cost,
        lines.cost_usd,
        lines.call_count
    from lines
    inner join ranked on lines.part = ranked.part
)

select
    bucket_started_at,
    bucket_started_at + cast('1 ' || $grain as interval) as bucket_ended_at,
    part,
    part_rank,
    whole_sum(cost) as cost,
    sum(cost_usd) as cost_usd,
    sum(call_count) as call_count
from named
group by bucket_started_at, part, part_rank
order by bucket_started_at, part_rank
