-- Runs whose producer summed up otherwise than the ledger: the newest 200.
select
    runs.run_id,
    name_of(dim_ebooks.title, coalesce(runs.ebook_id, 'unattributed')) as book,
    runs.producer_usd,
    runs.reported_usd,
    runs.producer_usd - runs.reported_usd as difference_usd,
    runs.producer_attempt_count,
    runs.attempt_count,
    runs.producer_unpriced_count,
    runs.unpriced_count,
    runs.finished_at
from fct_run_totals as runs
left join dim_ebooks on runs.ebook_id = dim_ebooks.ebook_id
where not runs.is_agreed
order by runs.finished_at desc, runs.run_id
limit 200
