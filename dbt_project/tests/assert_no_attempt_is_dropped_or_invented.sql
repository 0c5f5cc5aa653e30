-- Every row of the lake is one attempt, or tells of a generation that is one. Asked of what this
-- build made anew, which the staging models hold.
with

landed as (
    select coalesce(events.generation_id, matches.generation_id, events.event_id) as attempt_key
    from {{ ref('stg_usage_events') }} as events
    left join {{ ref('stg_settlements') }} as matches on events.event_id = matches.event_id
    group by attempt_key
),

attempts as (
    select coalesce(generation_id, event_id) as attempt_key
    from {{ ref('fct_attempts') }}
    where {{ touched('event_id') }}
)

select
    landed.attempt_key as landed_key,
    attempts.attempt_key as mart_key
from landed
full outer join attempts on landed.attempt_key = attempts.attempt_key
where landed.attempt_key is null or attempts.attempt_key is null
