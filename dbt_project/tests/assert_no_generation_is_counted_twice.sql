-- OpenRouter bills a generation once, whoever tells of it and however often. Asked of those of
-- which this build decided anew, among all attempts.
-- depends_on: {{ ref('int_touched_generations') }}
{% set touched_generations = found_in('generation_id', ref('int_touched_generations'))
    if is_restating() else "true" %}

select
    generation_id,
    count(*) as attempt_count
from {{ ref('fct_attempts') }}
where generation_id is not null and {{ touched_generations }}
group by generation_id
having count(*) > 1
