with

source as {{ inlined() }} (
    select * from {{ source('lake', 'model_prices') }}
),

observed_once as (
    {{ one_row_per('model, observed_at', 'source', order_by='landed_at, canonical_slug') }}
),

renamed as (
    select
        model,
        canonical_slug,
        model_name,
        input_usd_per_token,
        output_usd_per_token,
        cache_read_usd_per_token,
        cache_write_usd_per_token,
        reasoning_usd_per_token,
        image_output_usd_per_token,
        input_image_usd_per_image,
        request_usd_per_request,
        web_search_usd_per_search,
        pricing_json,
        observed_at,
        landed_at
    from observed_once
)

select * from renamed
