-- OpenRouter bills a generation once, whoever tells of it and however often. Asked of those of the
-- attempts that this build made anew, beside all that were ever made.
-- depends_on: {{ ref('int_touched_generations') }}
select
    generation_id,
    count(*) as attempt_count
from {{ ref('fct_attempts') }}
where
    generation_id is not null
    {% if is_restating() %}
        and {{ found_in('generation_id', ref('int_touched_generations')) }}
    {% endif %}
group by generation_id
having count(*) > 1
