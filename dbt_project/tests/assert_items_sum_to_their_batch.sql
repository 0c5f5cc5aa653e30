with

items as (
    select * from {{ ref('fct_batch_items') }}
    where {{ touched('event_id') }}
),

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('event_id') }}
),

divided as (
    select
        event_id,
        sum(cost_usd) as cost_usd
    from items
    group by event_id
)

select
    divided.event_id,
    divided.cost_usd,
    attempts.cost_usd as batch_cost_usd
from divided
left join attempts on divided.event_id = attempts.event_id
where divided.cost_usd is not null and divided.cost_usd is distinct from attempts.cost_usd
