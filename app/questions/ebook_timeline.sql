-- Each attempt from start to end; of more than 2,000 the first ones.
select
    started_at,
    greatest(coalesce(finished_at, first_byte_at, started_at), started_at) as ended_at,
    coalesce(stage, 'unattributed') as stage,
    coalesce(canonical_model, 'unknown') as model,
    coalesce(cast(page_number as varchar), 'book') as page,
    if(status = 'succeeded', coalesce(outcome, status), status) as what_became,
    is_wasted,
    cost_usd
from fct_attempts
where coalesce(ebook_id, 'unattributed') = $ebook_id
order by started_at
limit 2000
