with

source as {{ inlined() }} (
    select * from {{ source('lake', 'ebooks') }}
),

newest as (
    {{ one_row_per(
        'ebook_id', 'source',
        order_by="recorded_at desc, landed_at desc",
    ) }}
),

renamed as (
    select
        ebook_id,
        title,
        kind,
        series,
        {{ sensible_count('page_count') }},
        list_price_usd,
        royalty_rate,
        recorded_at,
        landed_at
    from newest
)

select * from renamed
