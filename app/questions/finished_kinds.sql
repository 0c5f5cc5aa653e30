select
    kind,
    count(distinct ebook_id) as ebook_count,
    cast(median(page_count) as bigint) as usual_page_count
from fct_finished_stage_costs
group by kind
order by ebook_count desc, kind
