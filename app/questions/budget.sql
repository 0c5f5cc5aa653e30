-- What of a budget of $limit_usd is spent: by the ebook, or by whatever passes the filters.
select
    coalesce(sum(cost_usd), 0) as spent_usd,
    share_of(coalesce(sum(cost_usd), 0), $limit_usd) as spent_share,
    coalesce(sum(unpriced_count + in_doubt_count), 0) as unknown_count
from spent($view)
where $ebook_id in ('', ebook_id)
