{{ config(materialized='incremental', unique_key='ebook_id') }}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
    where {{ touched('ebook_id') }}
),

measured as (
    select
        ebook_id,
        count(distinct page_number) as seen_page_count,
        count(distinct case when accepted_count > 0 then page_number end) as accepted_page_count,
        cast(sum(settled_count) as bigint) as settled_count,
        {{ summed_measures() }}
    from usage
    group by ebook_id
)

select * from measured
