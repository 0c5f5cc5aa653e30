with

source as {{ inlined() }} (
    select * from {{ touched_lake('usage_events') }}
),

-- An event is here twice when it is delivered twice, when its start was sealed before its end
-- came, or when it was imported again under other rules. The end wins over the doubt, what can be
-- settled over what cannot, the first telling of our own over its repetition, and the newest
-- import over what old rules made of it.
told_once as (
    {{ one_row_per(
        'event_id', 'source', repeated=ref('int_repeated_events'),
        order_by="
                    case when status = 'in_doubt' then 1 else 0 end,
                    case when generation_id is null then 1 else 0 end,
                    case when source = 'live' then landed_at end,
                    case when source <> 'live' then landed_at end desc,
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
        ebook_ids,
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
        {{ sensible_count('input_tokens') }},
        {{ sensible_count('cache_read_tokens') }},
        {{ sensible_count('cache_write_tokens') }},
        {{ sensible_count('output_tokens') }},
        {{ sensible_count('reasoning_tokens') }},
        {{ sensible_count('output_image_tokens') }},
        {{ sensible_count('input_image_count') }},
        {{ sensible_count('output_image_count') }},
        {{ sensible_count('web_search_count') }},
        reported_cost_usd,
        upstream_cost_usd,
        is_byok,
        started_at,
        first_byte_at,
        finished_at,
        landed_at,
        source
    from told_once
)

select * from renamed
