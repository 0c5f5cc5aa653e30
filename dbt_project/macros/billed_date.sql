{#
    The UTC day on which OpenRouter dates an attempt of fct_attempts. A generation's id holds the
    second in which it was made, `gen-1776283905-…`; near midnight our own clock may be on the other
    side. An id that is a day away from its call holds no time of it.
#}
{% macro billed_date() -%}
    {%- set generated_at = adapter.dispatch('generation_time')() -%}
    cast(
        case
            when {{ generated_at }} between billed_at - interval '1' day and billed_at + interval '1' day
                then {{ generated_at }}
            else billed_at
        end as date
    )
{%- endmacro %}


{% macro duckdb__generation_time() -%}
    to_timestamp(
        try_cast(nullif(regexp_extract(generation_id, '^gen-(?:[a-z]+-)?([0-9]{10})-', 1), '') as bigint)
    )
{%- endmacro %}
