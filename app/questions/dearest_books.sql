select
    spent.ebook_id,
    name_of(any_value(dim_ebooks.title), spent.ebook_id) as book,
    whole_sum(spent.cost) as cost,
    whole_sum(spent.cost - spent.wasted_cost) as used_cost,
    whole_sum(spent.wasted_cost) as wasted_cost,
    sum(spent.cost_usd) as cost_usd,
    sum(spent.cost_usd - spent.wasted_cost_usd) as used_cost_usd,
    sum(spent.wasted_cost_usd) as wasted_cost_usd,
    sum(spent.call_count) as call_count
from spent($view) as spent
left join dim_ebooks on spent.ebook_id = dim_ebooks.ebook_id
where spent.ebook_id <> 'unattributed'
group by spent.ebook_id
order by cost_usd desc, book
limit 8
