-- Every book that passes the filters, and their total; calls for no book are a row of their own.
with

named as (
    select
        *,
        name_of(title, ebook_id) as book,
        cost_usd - wasted_cost_usd as used_cost_usd,
        case when page_count is not null then cost_usd end as paged_cost_usd
    from fct_ebook_costs
),

chosen as (
    select * from named
    where
        contains(lower(book || ' ' || ebook_id), lower($search))
        and (len($kinds) = 0 or list_contains(cast($kinds as varchar[]), kind))
        and (len($series) = 0 or list_contains(cast($series as varchar[]), series))
),

books as (
    select
        ebook_id,
        book,
        replace(coalesce(kind, '—'), '_', ' ') as kind,
        coalesce(series, '—') as series,
        call_count,
        page_count,
        cost_usd,
        shared_cost_usd,
        cost_per_page_usd,
        used_cost_usd,
        rejected_cost_usd,
        wasted_cost_usd,
        wasted_share,
        unpriced_count + in_doubt_count as unknown_count,
        last_call_at,
        false as is_total
    from chosen
),

total as (
    select
        'total' as ebook_id,
        'Total' as book,
        '' as kind,
        '' as series,
        sum(call_count) as call_count,
        sum(page_count) as page_count,
        sum(cost_usd) as cost_usd,
        sum(shared_cost_usd) as shared_cost_usd,
        usd_per(sum(paged_cost_usd), sum(page_count)) as cost_per_page_usd,
        sum(used_cost_usd) as used_cost_usd,
        sum(rejected_cost_usd) as rejected_cost_usd,
        sum(wasted_cost_usd) as wasted_cost_usd,
        share_of(sum(wasted_cost_usd), sum(cost_usd)) as wasted_share,
        sum(unpriced_count + in_doubt_count) as unknown_count,
        max(last_call_at) as last_call_at,
        true as is_total
    from chosen
    having count(*) > 0
),

listed as (
    select * from books
    union all by name
    select * from total
)

select
    *,
    wasted_share * 100 as wasted_percent
from listed
order by
    is_total,
    case when $sort = 'title' then lower(book) end,
    case
        when $sort = 'cost per page' then cost_per_page_usd
        when $sort = 'waste share' then wasted_share
        when $sort = 'pages' then page_count
    end desc nulls last,
    case when $sort = 'newest' then last_call_at end desc nulls last,
    cost_usd desc,
    book
