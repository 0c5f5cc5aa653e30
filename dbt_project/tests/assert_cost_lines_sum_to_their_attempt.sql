-- To the last digit. Asked of the newest day that this build made anew: a line is the same
-- arithmetic on every day, and dividing for all of history takes longer than building it.
-- depends_on: {{ ref('fct_attempts') }}
-- depends_on: {{ ref('int_touched_events') }}
{% set newest_day = newest_touched_day() %}

with

lines as (
    select
        event_id,
        min(cost_usd) as least_usd,
        sum(cost_usd) as cost_usd,
        min(upstream_cost_usd) as least_upstream_usd,
        sum(upstream_cost_usd) as upstream_cost_usd
    from {{ ref('fct_cost_lines') }}
    where started_date = {{ newest_day }}
    group by event_id
)

select
    attempts.event_id,
    attempts.cost_usd,
    lines.cost_usd as lines_cost_usd
from {{ ref('fct_attempts') }} as attempts
left join lines on attempts.event_id = lines.event_id
where
    attempts.started_date = {{ newest_day }}
    and (
        attempts.cost_usd is distinct from lines.cost_usd
        or attempts.upstream_cost_usd is distinct from lines.upstream_cost_usd
        or lines.least_usd < 0
        or lines.least_upstream_usd < 0
    )
