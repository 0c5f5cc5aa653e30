select
    spent.ebook_id,
    name_of(dim_ebooks.title, spent.ebook_id) as book,
    spent.cost,
    spent.cost - spent.wasted_cost as used_cost,
    spent.wasted_cost,
    spent.cost_usd,
    spent.cost_usd - spent.wasted_cost_usd as used_cost_usd,
    spent.wasted_cost_usd,
    spent.call_count
from spent_by_ebook($view) as spent
left join dim_ebooks on spent.ebook_id = dim_ebooks.ebook_id
where spent.ebook_id <> 'unattributed'
order by spent.cost_usd desc, book
limit 8
