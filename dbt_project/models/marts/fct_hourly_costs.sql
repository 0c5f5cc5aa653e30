{{ config(materialized='incremental', unique_key='started_date') }}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
    where {{ touched('started_date') }}
),

measured as (
    select
        started_date,
        started_hour,
        ebook_id,
        stage,
        canonical_model,
        {{ summed_measures() }}
    from usage
    group by started_date, started_hour, ebook_id, stage, canonical_model
),

shared_out as (
    select
        *,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
