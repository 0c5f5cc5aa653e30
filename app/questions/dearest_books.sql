select
    ebook_id,
    name_of(title, ebook_id) as book,
    cost_usd,
    cost_usd - wasted_cost_usd as used_cost_usd,
    wasted_cost_usd,
    call_count
from fct_ebook_costs
where ebook_id <> 'unattributed' and call_count > 0
order by cost_usd desc, book
limit 8
