select
    *,
    name_of(title, ebook_id) as book,
    replace(kind, '_', ' ') as kind_name
from fct_ebook_costs
where ebook_id = $ebook_id
