-- What questions about months, days and currencies are asked of: few rows, whatever was called.

{{ config(materialized='incremental', unique_key='started_date') }}

with

hours as (
    select * from {{ ref('fct_hourly_costs') }}
    where {{ touched('started_date') }}
),

summed as (
    select
        started_date,
        ebook_id,
        canonical_model,
        {{ summed_measures() }}
    from hours
    group by started_date, ebook_id, canonical_model
)

select * from summed
