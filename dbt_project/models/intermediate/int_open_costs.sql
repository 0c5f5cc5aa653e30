{{ config(materialized='incremental', unique_key='started_date') }}

with

attempts as (
    select
        event_id,
        generation_id,
        cost_status,
        started_date,
        started_at
    from {{ ref('fct_attempts') }}
    where
        {{ touched('started_date') }}
        and cost_status in ('unknown', 'in_doubt')
)

select * from attempts
