{# USD of the usage in `metered` at prices of one model; null where a part that is there has none.
   Images are priced as the model prices them: by their tokens, else each. #}
{% macro metered_at(prices) -%}
    {{ priced('metered.fresh_input_tokens', prices ~ '.input_usd_per_token') }}
        + {{ priced('metered.cache_read_tokens', prices ~ '.cache_read_usd_per_token') }}
        + {{ priced('metered.cache_write_tokens', prices ~ '.cache_write_usd_per_token') }}
        + {{ priced('metered.text_tokens', prices ~ '.output_usd_per_token') }}
        + {{ priced('metered.thought_tokens', prices ~ '.reasoning_usd_per_token') }}
        + {{ priced('metered.web_search_count', prices ~ '.web_search_usd_per_search') }}
        + {{ priced('metered.call_count', prices ~ '.request_usd_per_request') }}
        + case
            when metered.output_image_tokens = 0 and metered.output_image_count = 0 then 0
            when metered.output_image_tokens > 0 and {{ prices }}.image_output_usd_per_token is not null
                then {{ priced('metered.output_image_tokens', prices ~ '.image_output_usd_per_token') }}
            when metered.output_image_count > 0
                then {{ priced('metered.output_image_count', prices ~ '.output_image_usd_per_image') }}
        end
{%- endmacro %}
