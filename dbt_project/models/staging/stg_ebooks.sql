{{ config(
    materialized='incremental', unique_key='ebook_id', incremental_strategy='delete+insert'
) }}

-- depends_on: {{ source('lake', 'ebooks') }}

with

source as {{ inlined() }} (
    {{ last_told('ebooks', 'ebook_id') }}
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
