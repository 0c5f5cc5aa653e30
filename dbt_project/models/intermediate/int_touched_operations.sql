{{ config(materialized='table') }}

-- What became of an operation, and whether it was tried again, concerns all its attempts.

-- depends_on: {{ ref('int_restated_events') }}

with

touched as (
    select operation_id from {{ source('lake', 'usage_events') }}
    {% if not is_restating() %}
        where false
    {% else %}
        where {{ found_in('event_id', ref('int_restated_events')) }}
        union
        select operation_id from {{ new_rows('outcomes') }}
    {% endif %}
)

select distinct operation_id from touched
