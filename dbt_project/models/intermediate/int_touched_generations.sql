{{ config(materialized='table') }}

-- The generations of the attempts of these operations, those that were found for them later too.

-- depends_on: {{ ref('int_touched_operations') }}

with

events as (
    select
        event_id,
        generation_id
    from {{ source('lake', 'usage_events') }}
    {% if is_restating() %}
        where {{ found_in('operation_id', ref('int_touched_operations')) }}
    {% else %}
        where false
    {% endif %}
),

touched as (
    select generation_id from events
    union
    select settlements.generation_id
    from {{ source('lake', 'settlements') }} as settlements
    inner join events on settlements.event_id = events.event_id
)

select * from touched
where generation_id is not null
