-- One ebook with its whole cost, also in the currency that was chosen.
select
    *,
    name_of(title, ebook_id) as book,
    replace(kind, '_', ' ') as kind_name
from chosen_ebooks($view)
where ebook_id = $ebook_id
