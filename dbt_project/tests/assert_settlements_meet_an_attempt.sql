-- A settled generation that no attempt knows was paid for and is in no ebook.
{{ config(severity = 'warn') }}

select settlements.*
from {{ ref('stg_settlements') }} as settlements
left join {{ ref('fct_attempts') }} as attempts
    on settlements.generation_id = attempts.generation_id
where attempts.event_id is null
