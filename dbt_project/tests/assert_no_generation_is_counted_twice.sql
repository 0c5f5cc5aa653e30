-- OpenRouter bills a generation once, whoever tells of it and however often.
with

attempts as (
    select
        generation_id,
        started_date
    from {{ ref('fct_attempts') }}
    where generation_id is not null
)

select
    generation_id,
    count(*) as attempt_count
from attempts
where
    generation_id in (
        select generation_id from attempts
        where {{ touched('started_date') }}
    )
group by generation_id
having count(*) > 1
