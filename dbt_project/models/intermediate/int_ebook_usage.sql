{{ config(materialized='incremental', unique_key='ebook_id') }}

with

days as (
    select * from {{ ref('int_touched_usage') }}
),

measured as (
    select
        ebook_id,
        {{ page_count_of('pages') }} as seen_page_count,
        {{ page_count_of('accepted_pages') }} as accepted_page_count,
        cast(sum(settled_count) as bigint) as settled_count,
        {{ summed_measures() }}
    from days
    group by ebook_id
)

select * from measured
