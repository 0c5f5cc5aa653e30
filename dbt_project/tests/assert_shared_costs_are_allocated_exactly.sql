-- Shared calls are shared whole, and what ebooks bear of them is what they cost. What they bear is
-- never stored, and divides all of history: it is asked for when everything is built anew.
-- depends_on: {{ ref('fct_allocated_costs') }}
-- depends_on: {{ ref('fct_ebook_costs') }}

with

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('started_date') }}
),

usage as (
    select * from {{ ref('int_shared_usage') }}
),

told as (
    select
        'attempts' as told_by,
        sum(cost_usd) as cost_usd,
        sum(fee_share_usd) as fee_share_usd
    from attempts
    where
        ebook_id is null
        and (ebook_ids is not null or trim({{ label('series') }}) <> '')
    union all
    select
        'touched_usage' as told_by,
        sum(cost_usd) as cost_usd,
        sum(fee_share_usd) as fee_share_usd
    from usage
    where {{ touched('started_date') }}
    {% if not is_restating() %}
        union all
        select
            'usage' as told_by,
            sum(cost_usd) as cost_usd,
            sum(fee_share_usd) as fee_share_usd
        from usage
        union all
        select
            'parts' as told_by,
            sum(cost_usd) as cost_usd,
            sum(fee_share_usd) as fee_share_usd
        from {{ ref('fct_allocated_costs') }}
        union all
        -- Moved from one ebook to others, and nothing added.
        select
            'moved' as told_by,
            sum(shared_cost_usd) as cost_usd,
            sum(full_cost_usd) - sum(cost_usd) as fee_share_usd
        from {{ ref('fct_ebook_costs') }}
    {% endif %}
),

sums as (
    select
        told_by,
        coalesce(cost_usd, 0) as cost_usd,
        coalesce(fee_share_usd, 0) as fee_share_usd,
        case
            when told_by in ('attempts', 'touched_usage') then 'shared'
            when told_by in ('usage', 'parts') then 'borne'
            else 'moved'
        end as what
    from told
)

select what
from sums
group by what
having
    min(cost_usd) <> max(cost_usd)
    or min(fee_share_usd) <> max(fee_share_usd)
    or (what = 'moved' and (max(cost_usd) <> 0 or max(fee_share_usd) <> 0))
