with

pulled as (
    select * from {{ source('lake', 'exchange_rates') }}
),

source as (
    select
        rate_date,
        base_currency,
        currency,
        rate,
        landed_at
    from pulled
    union all
    select
        rate_date,
        base_currency,
        currency,
        rate,
        null as landed_at
    from {{ ref('euro_reference_rates') }}
),

newest as (
    {{ one_row_per(
        'rate_date, base_currency, currency', 'source',
        order_by='landed_at desc nulls last, rate',
    ) }}
),

renamed as (
    select
        rate_date,
        base_currency,
        currency,
        rate,
        landed_at
    from newest
)

select * from renamed
