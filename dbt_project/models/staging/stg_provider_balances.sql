with

source as (
    select
        *,
        coalesce(api_key_hash, 'account') as balance_of
    from {{ source('lake', 'provider_balances') }}
),

observed_once as (
    {{ one_row_per('balance_of, observed_at', 'source', order_by='landed_at') }}
),

renamed as (
    select
        balance_of,
        api_key_hash,
        api_key_name,
        usage_usd,
        byok_usage_usd,
        credits_usd,
        observed_at,
        landed_at
    from observed_once
)

select * from renamed
