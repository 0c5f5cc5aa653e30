{{ config(materialized='incremental', unique_key='ebook_id') }}

with

pages as (
    select * from {{ ref('fct_page_costs') }}
    where {{ touched('ebook_id') }}
),

measured as (
    select
        ebook_id,
        stage,
        nullif(count(distinct page_number), 0) as page_count,
        {{ summed_measures() }}
    from pages
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
