with

source as (
    select * from {{ source('lake', 'settlements') }}
),

-- OpenRouter may answer before it knows the total; a later answer without one takes nothing back.
newest as (
    {{ one_row_per(
        'generation_id', 'source',
        order_by="
                    case when total_cost_usd is null then 1 else 0 end,
                    observed_at desc,
                    landed_at desc",
    ) }}
),

renamed as (
    select
        generation_id,
        total_cost_usd,
        upstream_cost_usd,
        is_byok,
        is_cancelled,
        served_model,
        provider_name,
        finish_reason,
        input_tokens,
        cache_read_tokens,
        output_tokens,
        reasoning_tokens,
        output_image_tokens,
        output_image_count,
        generated_at,
        observed_at,
        landed_at
    from newest
)

select * from renamed
