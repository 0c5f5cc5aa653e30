-- The generations of one UTC day that one side has no record of, or at another cost: at most 500.
select
    generation_id,
    replace(match, '_', ' ') as match,
    canonical_model as model,
    difference_usd,
    recorded_usd,
    provider_usd,
    replace(told_by, '_', ' ') as told_by,
    coalesce(event_id, '—') as event_id
from fct_reconciliation_generations
where date_utc = cast($day as date)
order by abs(difference_usd) desc, generation_id
limit 500
