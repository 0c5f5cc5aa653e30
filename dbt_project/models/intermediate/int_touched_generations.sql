{{ config(materialized='table') }}

-- The generations of the attempts of these operations, those that were found for them later too.

-- depends_on: {{ ref('int_touched_operations') }}

with

events as (
    select
        event_id,
        generation_id
    from {{ source('lake', 'usage_events') }}
    where {{ found_in('operation_id', ref('int_touched_operations')) if is_restating() else "false" }}
),

touched as (
    select generation_id from events
    union
    select generation_id from {{ source('lake', 'settlements') }}
    where event_id in (select event_id from events)
)

select * from touched
where generation_id is not null
