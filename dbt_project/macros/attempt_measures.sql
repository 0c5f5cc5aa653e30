{#
    The measures of any group of attempts, defined once for every mart that sums them. A cost that
    nobody knows adds nothing to a sum; `unpriced_count` and `in_doubt_count` say how many there are.
#}
{% macro attempt_measures() -%}
    count(*) as call_count,
        count(distinct operation_id) as operation_count,
        cast(coalesce(sum(cost_usd), 0) as decimal(38, 12)) as cost_usd,
        cast(coalesce(sum(case when is_rejected then cost_usd end), 0) as decimal(38, 12)) as rejected_cost_usd,
        cast(coalesce(sum(case when is_wasted then cost_usd end), 0) as decimal(38, 12)) as wasted_cost_usd,
        count(case when cost_status = 'unknown' then 1 end) as unpriced_count,
        count(case when cost_status = 'in_doubt' then 1 end) as in_doubt_count,
        count(case when cost_status = 'estimated' then 1 end) as estimated_count,
        cast(coalesce(sum(input_tokens), 0) as bigint) as input_tokens,
        cast(coalesce(sum(output_tokens), 0) as bigint) as output_tokens,
        cast(coalesce(sum(output_image_count), 0) as bigint) as output_image_count,
        min(started_at) as first_call_at,
        max(started_at) as last_call_at
{%- endmacro %}
