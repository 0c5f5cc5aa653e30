-- A view: it has nearly as many rows as there are attempts, and is asked of one ebook at a time.

{{ config(materialized='view') }}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
),

measured as (
    select
        ebook_id,
        page_number,
        stage,
        {{ summed_measures() }},
        cast(sum(accepted_count) as bigint) as accepted_count
    from usage
    group by ebook_id, page_number, stage
),

shared_out as (
    select
        *,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
