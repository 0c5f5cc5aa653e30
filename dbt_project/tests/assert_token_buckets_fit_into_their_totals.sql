-- Cached tokens are inside the input, reasoning and image tokens inside the output. Some providers
-- count otherwise; the cost that they said stands all the same. Tokens that Gemini counts as read
-- and as written are no oddity: it charges them for both.
{{ config(severity = 'warn') }}

select
    event_id,
    served_model,
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    output_tokens,
    reasoning_tokens,
    output_image_tokens
from {{ ref('fct_attempts') }}
where
    {{ touched('started_date') }}
    and (
        greatest(coalesce(cache_read_tokens, 0), coalesce(cache_write_tokens, 0)) > input_tokens
        or coalesce(reasoning_tokens, 0) + coalesce(output_image_tokens, 0) > output_tokens
    )
