with

source as (
    select * from {{ ref('purchase_fee_rates') }}
),

intervals as (
    select
        valid_from,
        lead(valid_from) over (order by valid_from) as valid_until,
        fee_rate,
        least_fee_usd
    from source
)

select * from intervals
