{# One of the labels of a call, which are a JSON object as text; null where it has none such. #}
{% macro label(name) -%}
    {{ adapter.dispatch('label')(name) }}
{%- endmacro %}


{% macro duckdb__label(name) -%}
    case when json_valid(labels) then json_extract_string(labels, '$.{{ name }}') end
{%- endmacro %}


{#
    All labels of a call, `{}` where it has none. Recording writes them in the order of their names,
    so that equal labels are equal texts.
#}
{% macro label_set() -%}
    {{ adapter.dispatch('label_set')() }}
{%- endmacro %}


{% macro duckdb__label_set() -%}
    case
            when json_valid(labels)
                then case when json_type(labels) = 'OBJECT' then labels else '{}' end
            else '{}'
        end
{%- endmacro %}
