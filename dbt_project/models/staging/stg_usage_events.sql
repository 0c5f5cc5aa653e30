with

source as (
    select * from {{ source('lake', 'usage_events') }}
),

-- An event comes twice when it is delivered twice, or when its start was sealed before its end came.
-- The end wins over the doubt, and the row that says more over the one that says less.
delivered_once as (
    {{ one_row_per(
        'event_id', 'source',
        order_by="
                    case when status = 'in_doubt' then 1 else 0 end,
                    case when reported_cost_usd is null then 1 else 0 end,
                    case when input_tokens is null then 1 else 0 end,
                    landed_at,
                    finished_at,
                    started_at",
    ) }}
),

renamed as (
    select
        event_id,
        operation_id,
        attempt_number,
        run_id,
        ebook_id,
        stage,
        page_number,
        labels,
        endpoint,
        api_key_hash,
        requested_model,
        served_model,
        provider_name,
        generation_id,
        is_streamed,
        status,
        http_status,
        error_type,
        finish_reason,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens,
        output_image_tokens,
        input_image_count,
        output_image_count,
        web_search_count,
        reported_cost_usd,
        upstream_cost_usd,
        is_byok,
        started_at,
        first_byte_at,
        finished_at,
        landed_at,
        source
    from delivered_once
)

select * from renamed
