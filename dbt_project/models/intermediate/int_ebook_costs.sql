{{ config(materialized='incremental', unique_key='ebook_id') }}

with

ebooks as (
    select * from {{ ref('dim_ebooks') }}
    where {{ touched('ebook_id') }}
),

measured as (
    select * from {{ ref('int_ebook_usage') }}
    where {{ touched('ebook_id') }}
),

-- An ebook without calls cost nothing: that is known, not a gap.
counted as (
    select
        ebooks.ebook_id,
        ebooks.title,
        ebooks.kind,
        ebooks.series,
        -- Pages of work that no ebook is known for are pages of no one ebook.
        case
            when ebooks.ebook_id <> 'unattributed'
                then coalesce(ebooks.page_count, nullif(measured.seen_page_count, 0))
        end as page_count,
        coalesce(measured.accepted_page_count, 0) as accepted_page_count,
        coalesce(measured.call_count, 0) as call_count,
        coalesce(measured.operation_count, 0) as operation_count,
        coalesce(measured.cost_usd, 0) as cost_usd,
        coalesce(measured.rejected_cost_usd, 0) as rejected_cost_usd,
        coalesce(measured.wasted_cost_usd, 0) as wasted_cost_usd,
        coalesce(measured.fee_share_usd, 0) as fee_share_usd,
        coalesce(measured.unpriced_count, 0) as unpriced_count,
        coalesce(measured.in_doubt_count, 0) as in_doubt_count,
        coalesce(measured.estimated_count, 0) as estimated_count,
        coalesce(measured.input_tokens, 0) as input_tokens,
        coalesce(measured.output_tokens, 0) as output_tokens,
        coalesce(measured.output_image_count, 0) as output_image_count,
        measured.first_call_at,
        measured.last_call_at
    from ebooks
    left join measured on ebooks.ebook_id = measured.ebook_id
),

shared_out as (
    select
        *,
        {{ usd_per('cost_usd', 'page_count') }} as cost_per_page_usd,
        -- Accepted pages of no known ebook are pages of no one ebook, too.
        case
            when ebook_id <> 'unattributed' then {{ usd_per('cost_usd', 'accepted_page_count') }}
        end as cost_per_accepted_page_usd,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from counted
)

select * from shared_out
