-- The models that finished ebooks of a $kind were made with.
select
    main_model,
    count(distinct ebook_id) as ebook_count
from fct_finished_stage_costs
where kind = $kind and main_model is not null
group by main_model
order by ebook_count desc, main_model
