{{ config(materialized='incremental', unique_key='run_id') }}

with

attempts as (
    select * from {{ ref('fct_attempts') }}
    where
        run_id is not null
        and {{ touched('run_id') }}
),

measured as (
    select
        run_id,
        count(*) as attempt_count,
        count(case when reported_spend_usd is null then 1 end) as unpriced_count,
        cast(coalesce(sum(reported_spend_usd), 0) as decimal(38, 12)) as reported_usd
    from attempts
    group by run_id
)

select * from measured
