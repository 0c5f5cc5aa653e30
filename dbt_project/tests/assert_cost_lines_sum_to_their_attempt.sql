-- To the last digit; of the days that this build made anew.
with

lines as (
    select
        event_id,
        sum(cost_usd) as cost_usd
    from {{ ref('fct_cost_lines') }}
    where {{ touched('started_date') }}
    group by event_id
)

select
    attempts.event_id,
    attempts.cost_usd,
    lines.cost_usd as lines_cost_usd
from {{ ref('fct_attempts') }} as attempts
left join lines on attempts.event_id = lines.event_id
where
    {{ touched('started_date') }}
    and attempts.cost_usd is distinct from lines.cost_usd
