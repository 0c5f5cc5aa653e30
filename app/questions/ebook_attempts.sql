-- The newest 5,000.
select
    started_at,
    replace(coalesce(stage, 'unattributed'), '_', ' ') as stage,
    -- Padded, so that pages sort as numbers.
    coalesce(lpad(cast(page_number as varchar), 4, ' '), if(is_attributed, 'book', '—')) as page,
    coalesce(canonical_model, 'unknown') as model,
    coalesce(provider_name, '—') as provider,
    replace(status, '_', ' ') as status,
    -- An outcome is its whole operation's; it says nothing of a try that failed.
    coalesce(case when status = 'succeeded' then outcome end, '—') as outcome,
    input_tokens,
    output_tokens,
    cost_usd,
    replace(coalesce(cost_source, cost_status), '_', ' ') as cost_source,
    coalesce(generation_id, '—') as generation_id
from fct_attempts
where coalesce(ebook_id, 'unattributed') = $ebook_id
order by started_at desc, event_id desc
limit 5000
