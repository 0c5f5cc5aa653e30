with

source as {{ inlined() }} (
    select * from {{ touched_lake('settlements') }}
),

-- OpenRouter may answer before it knows the total; a later answer without one takes nothing back.
newest as (
    {{ one_row_per(
        'generation_id', 'source',
        order_by="
                    case when total_cost_usd is null then 1 else 0 end,
                    case when event_id is null then 1 else 0 end,
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
        {{ sensible_count('input_tokens') }},
        {{ sensible_count('cache_read_tokens') }},
        {{ sensible_count('output_tokens') }},
        {{ sensible_count('reasoning_tokens') }},
        {{ sensible_count('output_image_tokens') }},
        {{ sensible_count('output_image_count') }},
        generated_at,
        observed_at,
        event_id,
        items_json,
        landed_at
    from newest
)

select * from renamed
