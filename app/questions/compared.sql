-- What each stage of two ebooks cost, side by side, of what passes the filters.
select
    stage,
    whole_sum(if(ebook_id = $left_id, cost, 0)) as left_cost,
    whole_sum(if(ebook_id = $right_id, cost, 0)) as right_cost,
    sum(if(ebook_id = $left_id, call_count, 0)) as left_call_count,
    sum(if(ebook_id = $right_id, call_count, 0)) as right_call_count
from spent($view)
where ebook_id in ($left_id, $right_id)
group by stage
order by left_cost + right_cost desc, stage
