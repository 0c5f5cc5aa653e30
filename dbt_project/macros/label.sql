{# One of the labels of a call, which are a JSON object as text; null where it has none such. #}
{% macro label(name) -%}
    {{ adapter.dispatch('label')(name) }}
{%- endmacro %}


{% macro duckdb__label(name) -%}
    case when json_valid(labels) then json_extract_string(labels, '$.{{ name }}') end
{%- endmacro %}
