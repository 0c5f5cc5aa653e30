with

ebooks as (
    select * from {{ ref('int_ebook_usage') }}
    where {{ touched('ebook_id') }}
),

reasons as (
    select
        ebook_id,
        sum(cost_usd) as wasted_cost_usd,
        sum(case when waste_reason = 'rejected' then cost_usd else 0 end) as rejected_cost_usd
    from {{ ref('fct_waste') }}
    where {{ touched('ebook_id') }}
    group by ebook_id
)

select
    ebooks.ebook_id,
    ebooks.wasted_cost_usd,
    ebooks.rejected_cost_usd,
    reasons.wasted_cost_usd as reasons_wasted_cost_usd,
    reasons.rejected_cost_usd as reasons_rejected_cost_usd
from ebooks
full outer join reasons on ebooks.ebook_id = reasons.ebook_id
where
    ebooks.ebook_id is null
    or ebooks.wasted_cost_usd <> coalesce(reasons.wasted_cost_usd, 0)
    or ebooks.rejected_cost_usd <> coalesce(reasons.rejected_cost_usd, 0)
