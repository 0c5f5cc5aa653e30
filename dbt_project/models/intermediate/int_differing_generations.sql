{{ config(materialized='incremental', unique_key='started_date') }}

with

told as (
    select * from {{ ref('int_told_generations') }}
    where not is_matched and {{ touched('started_date') }}
)

select * from told
