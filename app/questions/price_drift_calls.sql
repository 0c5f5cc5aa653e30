-- The calls of one model whose bill differs most from the list: of each day and provider at most
-- five, of all at most a hundred.
select
    calls.started_date as date_utc,
    calls.provider_name as provider,
    calls.listed_cost_usd,
    calls.billed_cost_usd,
    calls.difference_usd,
    calls.is_byok,
    name_of(dim_ebooks.title, coalesce(calls.ebook_id, 'unattributed')) as book,
    coalesce(calls.generation_id, '—') as generation_id
from fct_price_drift_calls as calls
left join dim_ebooks on calls.ebook_id = dim_ebooks.ebook_id
where calls.canonical_model = $model
order by abs(calls.difference_usd) desc, calls.event_id
limit 100
