-- The calls in $calls of the ebooks that pass the filters, and which these are. Calls for no ebook are
-- among them only where no ebook is left out.
select
    coalesce(sum(call_count), 0) as call_count,
    coalesce(list(distinct ebook_id order by ebook_id), []) as ebook_ids
from spent_usd($calls)
where
    ebook_id in (select ebook_id from chosen_ebooks($view))
    and (
        ebook_id <> 'unattributed'
        or len(($view)['kinds']) + len(($view)['series']) + len(($view)['labels'])
        + length(($view)['search']) = 0
    )
