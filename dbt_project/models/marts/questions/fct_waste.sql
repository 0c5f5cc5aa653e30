-- Why what was wasted was wasted: one reason for each attempt, so that the reasons sum to the
-- waste. Rejected comes first, for it is a word about the result, and it is what other marts call
-- the rejected cost. An attempt in whose place its operation made another is `retried`, of the rest
-- it is said how they ended.

{{ config(materialized='incremental', unique_key='started_date') }}

with

wasted as (
    select
        *,
        case
            when is_rejected then 'rejected'
            when is_retried then 'retried'
            else status
        end as waste_reason
    from {{ ref('fct_attempts') }}
    where is_wasted and {{ touched('started_date') }}
),

measured as (
    select
        started_date,
        coalesce(ebook_id, 'unattributed') as ebook_id,
        coalesce(stage, 'unattributed') as stage,
        coalesce(canonical_model, 'unknown') as canonical_model,
        waste_reason,
        count(*) as call_count,
        cast(coalesce(sum(cost_usd), 0) as decimal(38, 12)) as cost_usd,
        count(case when cost_status = 'unknown' then 1 end) as unpriced_count,
        count(case when cost_status = 'in_doubt' then 1 end) as in_doubt_count
    from wasted
    group by
        started_date,
        coalesce(ebook_id, 'unattributed'),
        coalesce(stage, 'unattributed'),
        coalesce(canonical_model, 'unknown'),
        waste_reason
)

select * from measured
