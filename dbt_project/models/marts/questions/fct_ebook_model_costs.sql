{{ config(materialized='incremental', unique_key='ebook_id') }}

with

days as (
    select * from {{ ref('int_touched_usage') }}
),

measured as (
    select
        ebook_id,
        stage,
        canonical_model,
        {{ page_count_of('pages') }} as page_count,
        {{ page_count_of('accepted_pages') }} as accepted_page_count,
        {{ summed_measures() }},
        {{ metered_measures() }},
        cast(coalesce(sum(uncounted_cost_usd), 0) as decimal(38, 12)) as uncounted_cost_usd
    from days
    group by ebook_id, stage, canonical_model
),

shared_out as (
    select
        *,
        {{ usd_per('cost_usd', 'accepted_page_count') }} as cost_per_accepted_page_usd,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
