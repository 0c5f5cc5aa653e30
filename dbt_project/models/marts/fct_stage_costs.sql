{{ config(materialized='incremental', unique_key='ebook_id') }}

with

days as (
    select * from {{ ref('int_touched_usage') }}
),

measured as (
    select
        ebook_id,
        stage,
        nullif({{ page_count_of('pages') }}, 0) as page_count,
        {{ summed_measures() }}
    from days
    group by ebook_id, stage
),

shared_out as (
    select
        *,
        {{ usd_per('cost_usd', 'page_count') }} as cost_per_page_usd,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
