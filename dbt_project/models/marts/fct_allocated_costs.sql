-- Equal parts: nobody said what an ebook used of a picture that was drawn for five. An ebook that
-- joins the series later bears its part of what was spent before, for it uses that as well.

{{ config(materialized='view') }}

with

days as (
    select * from {{ ref('int_shared_usage') }}
),

-- Of all days together: a row per day would be days times ebooks, which a long series has many of.
usage as (
    select
        shared_among,
        shared_by,
        stage,
        {{ summed_measures() }}
    from days
    group by shared_among, shared_by, stage
),

bearers as (
    select * from {{ ref('int_bearing_ebooks') }}
),

-- A series without ebooks, or a list that is none: the whole stays where it was.
divided as (
    select
        usage.*,
        coalesce(bearers.ebook_id, 'unattributed') as ebook_id,
        coalesce(bearers.place, 1) as place,
        coalesce(bearers.ebook_count, 1) as part_count,
        coalesce(bearers.ebook_count, 0) as ebook_count
    from usage
    left join bearers
        on
            usage.shared_among = bearers.shared_among
            and usage.shared_by = bearers.shared_by
),

allocated as (
    select
        shared_among,
        shared_by,
        stage,
        ebook_id,
        ebook_count,
        {{ equal_part('cost_usd', 'place', 'part_count') }} as cost_usd,
        {{ equal_part('fee_share_usd', 'place', 'part_count') }} as fee_share_usd,
        cost_usd as group_cost_usd,
        call_count as group_call_count,
        unpriced_count + in_doubt_count as group_unknown_count
    from divided
)

select * from allocated
