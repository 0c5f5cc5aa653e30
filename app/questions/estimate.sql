-- What an ebook of a $kind and so many pages will probably cost, in all and by stage, from the
-- newest thirty finished ones, made with $model if it is not empty. The rule is that of
-- fct_estimate_backtest, which shows how often the interval held. No rows below nine ebooks.
with

books as (
    select ebook_id
    from fct_finished_stage_costs
    where kind = $kind
    group by ebook_id
    having $model = '' or bool_or(main_model = $model)
    order by max(finished_at) desc, ebook_id desc
    limit 30
),

scaled as (
    select
        ebook_id,
        stage,
        if(is_per_page, prorated(cost_usd, $page_count, page_count), cost_usd) as cost_usd
    from fct_finished_stage_costs
    where ebook_id in (select ebook_id from books)
),

stages as (
    select distinct stage from scaled
),

-- An ebook without a stage cost nothing in it.
costs as (
    select
        stages.stage,
        books.ebook_id,
        coalesce(scaled.cost_usd, 0) as cost_usd
    from books
    cross join stages
    left join scaled on books.ebook_id = scaled.ebook_id and stages.stage = scaled.stage
),

summed as (
    select
        coalesce(stage, 'whole ebook') as part,
        stage is null as is_whole,
        ebook_id,
        sum(cost_usd) as cost_usd
    from costs
    group by grouping sets ((stage, ebook_id), (ebook_id))
),

ranked as (
    select
        *,
        row_number() over (partition by is_whole, part order by cost_usd, ebook_id) as cost_rank,
        count(*) over (partition by is_whole, part) as book_count
    from summed
)

select
    part,
    is_whole,
    book_count,
    usd_per(
        sum(if(cost_rank in ((book_count + 1) // 2, book_count // 2 + 1), cost_usd, 0)),
        if(book_count % 2 = 0, 2, 1)
    ) as median_cost_usd,
    max(if(cost_rank = (book_count + 1) // 10, cost_usd, null)) as low_cost_usd,
    max(if(cost_rank = book_count + 1 - (book_count + 1) // 10, cost_usd, null)) as high_cost_usd
from ranked
where book_count >= 9
group by part, is_whole, book_count
order by is_whole desc, median_cost_usd desc, part
