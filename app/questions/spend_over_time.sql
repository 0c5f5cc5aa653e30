-- $grain is second, minute, hour or day (UTC); $split is stage or model. The mart sums hours: what
-- is finer comes from the attempts of a ledger that is short. Of more than seven parts, those after
-- the sixth are one: other.
with

lines as (
    select
        started_hour as started_at,
        case $split when 'model' then canonical_model else stage end as part,
        cost_usd,
        call_count
    from fct_hourly_costs
    where $grain in ('hour', 'day')
    union all
    select
        started_at,
        case $split
            when 'model' then coalesce(canonical_model, 'unknown')
            else coalesce(stage, 'unattributed')
        end as part,
        cost_usd,
        1 as call_count
    from fct_attempts
    where $grain in ('second', 'minute')
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
        date_trunc($grain, lines.started_at) as bucket_started_at,
        if(ranked.part_rank <= 6 or ranked.part_count = 7, ranked.part, 'other') as part,
        least(ranked.part_rank, 7) as part_rank,
        lines.cost_usd,
        lines.call_count
    from lines
    inner join ranked on lines.part = ranked.part
)

select
    bucket_started_at,
    part,
    part_rank,
    sum(cost_usd) as cost_usd,
    sum(call_count) as call_count
from named
group by bucket_started_at, part, part_rank
order by bucket_started_at, part_rank
