-- The first $row_limit ebooks that pass the filters. Cost and waste are those of the time, models
-- and stages chosen, which `history` has in 24 equal parts; pages, and what copies earn when it is
-- sold as $sold_as, are those of the whole ebook. Calls for no ebook are a row of their own.
with

chosen as (
    select * from chosen_ebooks($view)
),

sums as (
    select
        *,
        cost - wasted_cost as used_cost,
        cost_usd - wasted_cost_usd as used_cost_usd
    from spent_by_ebook($view)
),

named as (
    select
        chosen.ebook_id,
        name_of(chosen.title, chosen.ebook_id) as book,
        replace(coalesce(chosen.kind, '—'), '_', ' ') as kind,
        coalesce(chosen.series, '—') as series,
        coalesce(sums.call_count, 0) as call_count,
        if(sums.ebook_id is null, 0, sums.cost) as cost,
        if(sums.ebook_id is null, 0, sums.used_cost) as used_cost,
        if(sums.ebook_id is null, 0, sums.wasted_cost) as wasted_cost,
        coalesce(sums.cost_usd, 0) as cost_usd,
        coalesce(sums.used_cost_usd, 0) as used_cost_usd,
        coalesce(sums.wasted_cost_usd, 0) as wasted_cost_usd,
        coalesce(sums.unknown_count, 0) as unknown_count,
        sums.last_call_at,
        chosen.shared_cost_usd,
        chosen.page_count,
        chosen.accepted_page_count,
        chosen.cost_per_accepted_page_usd
    from chosen
    left join sums on chosen.ebook_id = sums.ebook_id
    where
        sums.call_count > 0
        or (
            ($view)['since'] < timestamptz '1971-01-01 00:00:00+00'
            and len(($view)['models']) + len(($view)['stages']) + len(($view)['labels']) = 0
        )
),

placed as (
    select
        *,
        row_number() over (
            order by
                case when $sort = 'title' then lower(book) end,
                case
                    when $sort = 'cost per page' then cost_per_accepted_page_usd
                    when $sort = 'waste share' then share_of(wasted_cost_usd, cost_usd)
                    when $sort = 'pages' then accepted_page_count
                end desc nulls last,
                case when $sort = 'newest' then last_call_at end desc nulls last,
                cost_usd desc,
                book
        ) as place
    from named
),

listed as (
    select * from placed
    where place <= $row_limit
),

calls as (
    select
        ebook_id,
        started_at,
        cost_usd
    from spent_usd($view)
),

span as (
    select
        epoch(min(started_at)) as first_second,
        greatest(epoch(max(started_at)) - epoch(min(started_at)), 1) as seconds
    from calls
),

parts as (
    select
        calls.ebook_id,
        cast(floor(23.999 * (epoch(calls.started_at) - first_second) / seconds) as integer) as part,
        sum(calls.cost_usd) as cost_usd
    from calls
    cross join span
    where calls.ebook_id in (select ebook_id from listed)
    group by calls.ebook_id, part
),

histories as (
    select
        ebook_id,
        map(list(part), list(cast(cost_usd as double))) as part_costs
    from parts
    group by ebook_id
)

select
    listed.*,
    100 * share_of(listed.wasted_cost_usd, listed.cost_usd) as wasted_percent,
    [coalesce(histories.part_costs[part], 0) for part in range(24)] as history,
    fct_break_even.copies_to_pay_back,
    fct_break_even.margin_after_100_usd
from listed
left join histories on listed.ebook_id = histories.ebook_id
left join fct_break_even
    on listed.ebook_id = fct_break_even.ebook_id and fct_break_even.sale_format = $sold_as
order by listed.place
