{#
    The second in which OpenRouter made a generation, which its id holds: `gen-1776283905-…`. Null
    for an id of another form.
#}
{% macro generation_time(generation_id) -%}
    {{ adapter.dispatch('generation_time')(generation_id) }}
{%- endmacro %}


{% macro duckdb__generation_time(generation_id) -%}
    to_timestamp(
        try_cast(nullif(regexp_extract({{ generation_id }}, '^gen-(?:[a-z]+-)?([0-9]{10})-', 1), '') as bigint)
    )
{%- endmacro %}
