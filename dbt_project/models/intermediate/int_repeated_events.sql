{{ config(materialized='table') }}

-- The events that are told more than once: few, asked for wherever one row of each is chosen.

with

events as (
    select * from {{ touched_lake('usage_events') }}
),

repeated as (
    {{ repeated_keys('event_id', 'events') }}
)

select * from repeated
