-- What passes the filters, beside what passed them in the time $before. Pages and finished ebooks
-- are those of the ebooks whose last call lies in the time shown, each with all its cost.
with

sums as (
    select
        whole_sum(cost) as cost,
        whole_sum(wasted_cost) as wasted_cost,
        coalesce(sum(cost_usd), 0) as cost_usd,
        coalesce(sum(wasted_cost_usd), 0) as wasted_cost_usd,
        coalesce(sum(call_count), 0) as call_count,
        coalesce(sum(unpriced_count + in_doubt_count), 0) as unknown_count,
        count(distinct ebook_id) filter (where ebook_id <> 'unattributed') as ebook_count
    from spent($view)
),

sums_before as (
    select
        whole_sum(cost) as cost_before,
        coalesce(sum(cost_usd), 0) as cost_before_usd
    from spent($before)
),

books as (
    select * from chosen_ebooks($view)
    where
        ebook_id <> 'unattributed'
        and last_call_at >= ($view)['since']
        and last_call_at < ($view)['until']
),

pages as (
    select
        coalesce(sum(accepted_page_count), 0) as accepted_page_count,
        usd_per(
            whole_sum(if(accepted_page_count > 0, cost, 0)),
            sum(accepted_page_count)
        ) as cost_per_accepted_page,
        usd_per(
            sum(if(accepted_page_count > 0, cost_usd, 0)),
            sum(accepted_page_count)
        ) as cost_per_accepted_page_usd
    from books
),

finished as (
    select count(*) as finished_count from books
    where ebook_id in (select ebook_id from fct_finished_stage_costs)
)

select
    *,
    share_of(cost_usd - cost_before_usd, cost_before_usd) as change_share,
    share_of(wasted_cost_usd, cost_usd) as wasted_share
from sums
cross join sums_before
cross join pages
cross join finished
