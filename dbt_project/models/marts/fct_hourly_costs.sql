with

attempts as (
    select
        *,
        date_trunc('hour', started_at) as started_hour
    from {{ ref('fct_attempts') }}
),

measured as (
    select
        started_hour,
        coalesce(ebook_id, 'unattributed') as ebook_id,
        coalesce(stage, 'unattributed') as stage,
        coalesce(canonical_model, 'unknown') as canonical_model,
        {{ attempt_measures() }}
    from attempts
    group by
        started_hour,
        coalesce(ebook_id, 'unattributed'),
        coalesce(stage, 'unattributed'),
        coalesce(canonical_model, 'unknown')
),

shared_out as (
    select
        *,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
