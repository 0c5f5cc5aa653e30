{{ config(
    materialized='incremental', unique_key='run_id', incremental_strategy='delete+insert'
) }}

-- What was told of a run before is read there.
-- depends_on: {{ ref('int_touched_ebooks') if model.resource_type != 'unit_test' }}

with

control_totals as (
    select * from {{ ref('stg_control_totals') }}
    where {{ touched('run_id', or_landed='control_totals') }}
),

landed as (
    select * from {{ ref('int_run_usage') }}
),

compared as (
    select
        control_totals.run_id,
        control_totals.ebook_id,
        control_totals.attempt_count as producer_attempt_count,
        coalesce(landed.attempt_count, 0) as attempt_count,
        control_totals.unpriced_count as producer_unpriced_count,
        coalesce(landed.unpriced_count, 0) as unpriced_count,
        cast(control_totals.cost_usd as decimal(38, 12)) as producer_usd,
        coalesce(landed.reported_usd, 0) as reported_usd,
        control_totals.started_at,
        control_totals.finished_at
    from control_totals
    left join landed on control_totals.run_id = landed.run_id
),

judged as (
    select
        *,
        producer_usd = reported_usd
        and producer_attempt_count = attempt_count
        and producer_unpriced_count = unpriced_count as is_agreed
    from compared
)

select * from judged
