{# A count from the wire. One beyond all sense, a trillion tokens, says nothing: it is unknown, and
   no sum overflows because of it. #}
{% macro sensible_count(column) -%}
    case when {{ column }} < 1000000000000 then {{ column }} end as {{ column }}
{%- endmacro %}
