{# USD for so many units. None of them cost nothing, whether they have a price or not; some of them
   without a price cost nobody knows what. Nineteen digits: DuckDB multiplies decimals of up to
   eighteen as if the product had no more. #}
{% macro priced(unit_count, usd_per_unit) -%}
    case when {{ unit_count }} = 0 then 0 else cast({{ unit_count }} as decimal(19, 0)) * {{ usd_per_unit }} end
{%- endmacro %}
