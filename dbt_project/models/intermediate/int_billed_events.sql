-- Each event with the generation that it was billed as: its own, or the one that was found for it
-- later at OpenRouter, by session, model and time, if it died before its headers came.

with

events as (
    select * from {{ ref('stg_usage_events') }}
),

matched as {{ inlined() }} (
    select * from {{ ref('stg_settlements') }}
    where event_id is not null
),

matches as (
    {{ one_row_per('event_id', 'matched', order_by='generated_at, generation_id') }}
),

billed as (
    select
        events.*,
        coalesce(events.generation_id, matches.generation_id) as billed_generation_id,
        -- What is billed once: a generation, or an event of which none is known.
        coalesce(events.generation_id, matches.generation_id, events.event_id) as billed_key
    from events
    left join matches on events.event_id = matches.event_id
)

select * from billed
