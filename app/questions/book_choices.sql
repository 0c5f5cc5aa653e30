-- The dearest ebooks, and whatever has the words sought in its title or id.
select
    ebook_id,
    name_of(title, ebook_id) as book
from fct_ebook_costs
where contains(lower(name_of(title, ebook_id) || ' ' || ebook_id), lower($search))
order by ebook_id = $search desc, ebook_id = 'unattributed', cost_usd desc, book
limit 50
