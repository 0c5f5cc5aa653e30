-- OpenRouter bills a generation once, whoever tells of it and however often.
with

attempts as (
    select
        generation_id,
        started_date
    from {{ ref('fct_attempts') }}
    where generation_id is not null
),

touched as (
    select generation_id as touched_generation_id from attempts
    where {{ touched('started_date') }}
)

select
    generation_id,
    count(*) as attempt_count
from attempts
where
    generation_id in (select touched.touched_generation_id from touched)
group by generation_id
having count(*) > 1
