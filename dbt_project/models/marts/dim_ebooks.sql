with

ebooks as (
    select * from {{ ref('stg_ebooks') }}
),

usage as (
    select * from {{ ref('int_ebook_usage') }}
),

-- Whoever shares a call with others need not have one of its own.
bearers as (
    select * from {{ ref('int_bearing_ebooks') }}
),

known_ids as (
    select ebook_id from ebooks
    union
    select ebook_id from usage
    union
    select ebook_id from bearers
),

described as (
    select
        known_ids.ebook_id,
        ebooks.title,
        ebooks.kind,
        ebooks.series,
        nullif(ebooks.page_count, 0) as page_count,
        ebooks.list_price_usd,
        ebooks.royalty_rate,
        ebooks.recorded_at
    from known_ids
    left join ebooks on known_ids.ebook_id = ebooks.ebook_id
)

select * from described
