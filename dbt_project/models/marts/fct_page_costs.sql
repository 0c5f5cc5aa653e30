with

attempts as (
    select * from {{ ref('fct_attempts') }}
),

measured as (
    select
        coalesce(ebook_id, 'unattributed') as ebook_id,
        page_number,
        coalesce(stage, 'unattributed') as stage,
        {{ attempt_measures() }}
    from attempts
    group by coalesce(ebook_id, 'unattributed'), page_number, coalesce(stage, 'unattributed')
),

shared_out as (
    select
        *,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
