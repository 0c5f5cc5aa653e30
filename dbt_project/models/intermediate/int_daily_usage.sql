-- What sums by ebook are made of. It has a row for some thirty attempts, so that what was ever done
-- for one ebook is found among them soon: `unattributed` and some ebooks are worked on for years.

{{ config(materialized='incremental', unique_key='started_date') }}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
    where {{ touched('started_date') }}
),

summed as (
    select
        started_date,
        ebook_id,
        stage,
        canonical_model,
        {{ pages_where('page_number is not null') }} as pages,
        {{ pages_where('page_number is not null and accepted_count > 0') }} as accepted_pages,
        cast(sum(settled_count) as bigint) as settled_count,
        {{ summed_measures() }},
        {{ metered_measures() }},
        -- Where nobody counted anything, nothing can be carried over to another model.
        cast(
            coalesce(
                sum(
                    case
                        when
                            input_tokens + output_tokens + output_image_count + web_search_count = 0
                            then cost_usd
                    end
                ), 0
            ) as decimal(38, 12)
        ) as uncounted_cost_usd
    from usage
    group by started_date, ebook_id, stage, canonical_model
)

select * from summed
