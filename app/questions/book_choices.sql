select
    ebook_id,
    name_of(title, ebook_id) as book,
    kind,
    series
from fct_ebook_costs
order by cost_usd desc, book
