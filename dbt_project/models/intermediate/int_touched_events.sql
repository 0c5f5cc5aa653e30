{{ config(materialized='table', post_hook='{{ mount_touched_lake() }}') }}

-- The events that this build decides anew: all attempts of the operations that were touched, and
-- whatever else tells of their generations. Empty when everything is built anew: nothing asks then.

-- depends_on: {{ ref('int_touched_operations') }}
-- depends_on: {{ ref('int_touched_generations') }}

with

events as {{ inlined() }} (
    select
        event_id,
        generation_id,
        operation_id,
        run_id,
        coalesce(ebook_id, 'unattributed') as ebook_id,
        cast(started_at as date) as started_date
    from {{ source('lake', 'usage_events') }}
),

touched as (
    select * from events
    {% if is_restating() %}
        where {{ found_in('operation_id', ref('int_touched_operations')) }}
    {% else %}
        where false
    {% endif %}
    union
    select * from events
    {% if is_restating() %}
        where {{ found_in('generation_id', ref('int_touched_generations')) }}
    {% else %}
        where false
    {% endif %}
)

select * from touched
