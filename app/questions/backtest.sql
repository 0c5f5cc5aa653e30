-- The newest hundred ebooks of a $kind that could have been estimated before they were begun.
select
    tested.*,
    name_of(dim_ebooks.title, tested.ebook_id) as book,
    count(*) over () as tested_count,
    count(*) filter (where tested.has_held) over () as held_count
from fct_estimate_backtest as tested
left join dim_ebooks on tested.ebook_id = dim_ebooks.ebook_id
where tested.kind = $kind and tested.has_held is not null
order by tested.begun_at desc
limit 100
