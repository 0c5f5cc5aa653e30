{#
    The measures of any group of attempts, defined once for every mart that sums them. A cost that
    nobody knows adds nothing to a sum; `unpriced_count` and `in_doubt_count` say how many there are.
    An operation is counted where its last attempt is, so that every measure adds up.
#}
{% macro attempt_measures() -%}
    count(*) as call_count,
        count(case when not is_retried then 1 end) as operation_count,
        cast(coalesce(sum(cost_usd), 0) as decimal(38, 12)) as cost_usd,
        cast(coalesce(sum(case when is_rejected then cost_usd end), 0) as decimal(38, 12)) as rejected_cost_usd,
        cast(coalesce(sum(case when is_wasted then cost_usd end), 0) as decimal(38, 12)) as wasted_cost_usd,
        cast(coalesce(sum(fee_share_usd), 0) as decimal(38, 12)) as fee_share_usd,
        count(case when cost_status = 'unknown' then 1 end) as unpriced_count,
        count(case when cost_status = 'in_doubt' then 1 end) as in_doubt_count,
        count(case when cost_status = 'estimated' then 1 end) as estimated_count,
        cast(coalesce(sum(input_tokens), 0) as bigint) as input_tokens,
        cast(coalesce(sum(output_tokens), 0) as bigint) as output_tokens,
        cast(coalesce(sum(output_image_count), 0) as bigint) as output_image_count,
        min(started_at) as first_call_at,
        max(started_at) as last_call_at
{%- endmacro %}


{# The same measures of several groups together. #}
{% macro summed_measures() -%}
    cast(coalesce(sum(call_count), 0) as bigint) as call_count,
        cast(coalesce(sum(operation_count), 0) as bigint) as operation_count,
        cast(coalesce(sum(cost_usd), 0) as decimal(38, 12)) as cost_usd,
        cast(coalesce(sum(rejected_cost_usd), 0) as decimal(38, 12)) as rejected_cost_usd,
        cast(coalesce(sum(wasted_cost_usd), 0) as decimal(38, 12)) as wasted_cost_usd,
        cast(coalesce(sum(fee_share_usd), 0) as decimal(38, 12)) as fee_share_usd,
        cast(coalesce(sum(unpriced_count), 0) as bigint) as unpriced_count,
        cast(coalesce(sum(in_doubt_count), 0) as bigint) as in_doubt_count,
        cast(coalesce(sum(estimated_count), 0) as bigint) as estimated_count,
        cast(coalesce(sum(input_tokens), 0) as bigint) as input_tokens,
        cast(coalesce(sum(output_tokens), 0) as bigint) as output_tokens,
        cast(coalesce(sum(output_image_count), 0) as bigint) as output_image_count,
        min(first_call_at) as first_call_at,
        max(last_call_at) as last_call_at
{%- endmacro %}


{# What else is metered, of several groups together: for what other models would have cost. #}
{% macro metered_measures() -%}
    {%- for counted in [
        'cache_read_tokens',
        'cache_write_tokens',
        'reasoning_tokens',
        'output_image_tokens',
        'web_search_count',
    ] -%}
        cast(coalesce(sum({{ counted }}), 0) as bigint) as {{ counted }}{{ "," if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
