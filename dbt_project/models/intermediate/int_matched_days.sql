-- How many generations the ledger and the provider's own records of them agree on. Ten million that
-- match are a number, not ten million rows.

{{ config(materialized='incremental', unique_key='started_date') }}

with

told as (
    select * from {{ ref('int_told_generations') }}
    where is_matched and {{ touched('started_date') }}
),

summed as (
    select
        started_date,
        billed_date,
        told_by,
        count(*) as generation_count,
        cast(sum(provider_usd) as decimal(38, 12)) as provider_usd
    from told
    group by started_date, billed_date, told_by
)

select * from summed
