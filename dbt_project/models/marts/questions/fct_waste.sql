-- Why what was wasted was wasted: one reason for each attempt, so that the reasons sum to the waste.
-- Rejected comes first, for it is a word about the result; of the others it is said how the attempt
-- ended, and `retried` if a later attempt of its operation took its place on the same UTC day.

with

attempts as (
    select
        *,
        cast(started_at as date) as started_date
    from {{ ref('fct_attempts') }}
),

retried_operations as (
    select
        started_date,
        operation_id,
        max(attempt_number) as last_attempt_number
    from attempts
    where attempt_number > 1
    group by started_date, operation_id
),

reasoned as (
    select
        attempts.*,
        case
            when attempts.is_rejected then 'rejected'
            when attempts.attempt_number < retried_operations.last_attempt_number then 'retried'
            else attempts.status
        end as waste_reason
    from attempts
    left join retried_operations
        on
            attempts.started_date = retried_operations.started_date
            and attempts.operation_id = retried_operations.operation_id
    where attempts.is_wasted
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
    from reasoned
    group by
        started_date,
        coalesce(ebook_id, 'unattributed'),
        coalesce(stage, 'unattributed'),
        coalesce(canonical_model, 'unknown'),
        waste_reason
)

select * from measured
