-- A settled generation that no attempt knows was paid for and is in no ebook.
-- depends_on: {{ ref('stg_settlements') }}
{{ config(severity = 'warn') }}

with

attempts as (
    select
        event_id,
        generation_id
    from {{ ref('fct_attempts') }}
    {% if is_restating() %}
        where {{ found_in('generation_id', ref('stg_settlements')) }}
    {% endif %}
)

select settlements.*
from {{ ref('stg_settlements') }} as settlements
left join attempts on settlements.generation_id = attempts.generation_id
where attempts.event_id is null
