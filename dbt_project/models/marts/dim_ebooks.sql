{{ config(materialized='incremental', unique_key='ebook_id') }}

with

ebooks as (
    select * from {{ ref('stg_ebooks') }}
    where {{ touched('ebook_id') }}
),

usage as (
    select * from {{ ref('int_ebook_usage') }}
    where {{ touched('ebook_id') }}
),

-- Whoever shares a call with others need not have one of its own.
named as (
    select {{ each_text('shared_by') }} as ebook_id
    from {{ ref('int_shared_usage') }}
    where shared_among = 'ebooks'
),

known_ids as (
    select ebook_id from ebooks
    union
    select ebook_id from usage
    union
    select ebook_id from named
    where trim(ebook_id) <> '' and {{ touched('ebook_id') }}
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
