with

attempts as (
    select * from {{ ref('fct_attempts') }}
),

measured as (
    select
        coalesce(ebook_id, 'unattributed') as ebook_id,
        coalesce(stage, 'unattributed') as stage,
        nullif(count(distinct page_number), 0) as page_count,
        {{ attempt_measures() }}
    from attempts
    group by coalesce(ebook_id, 'unattributed'), coalesce(stage, 'unattributed')
),

shared_out as (
    select
        *,
        {{ usd_per('cost_usd', 'page_count') }} as cost_per_page_usd,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
