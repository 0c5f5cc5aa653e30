{{ config(materialized='incremental', unique_key='ebook_id') }}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
    where {{ touched('ebook_id') }}
),

measured as (
    select
        ebook_id,
        stage,
        canonical_model,
        count(distinct page_number) as page_count,
        count(distinct case when accepted_count > 0 then page_number end) as accepted_page_count,
        {{ summed_measures() }}
    from usage
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
