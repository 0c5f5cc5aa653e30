-- Which model is cheapest for a stage by what is kept of its work, and not by what it is listed at.

{{ config(materialized='view') }}

with

ebook_models as (
    select * from {{ ref('fct_ebook_model_costs') }}
),

-- A page belongs to one ebook, so that pages add up.
measured as (
    select
        stage,
        canonical_model,
        count(*) as ebook_count,
        cast(sum(page_count) as bigint) as page_count,
        cast(sum(accepted_page_count) as bigint) as accepted_page_count,
        {{ summed_measures() }}
    from ebook_models
    group by stage, canonical_model
),

shared_out as (
    select
        *,
        {{ usd_per('cost_usd', 'accepted_page_count') }} as cost_per_accepted_page_usd,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
