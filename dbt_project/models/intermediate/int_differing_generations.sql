{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='started_date',
    on_schema_change='fail',
) }}

with

told as (
    select * from {{ ref('int_told_generations') }}
    where not is_matched and {{ touched('started_date') }}
)

select * from told
