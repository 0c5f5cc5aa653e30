{# USD for so many units. None of them cost nothing, whether they have a price or not; some of them
   without a price cost nobody knows what. Nineteen digits: DuckDB multiplies decimals of up to
   eighteen as if the product had no more. #}
{% macro priced(unit_count, usd_per_unit) -%}
    case when {{ unit_count }} = 0 then 0 else cast({{ unit_count }} as decimal(19, 0)) * {{ usd_per_unit }} end
{%- endmacro %}


{# A price less a discount of 0 to 1. #}
{% macro discounted(usd, discount) -%}
    cast(
        {{ usd }} * (1 - cast(coalesce({{ discount }}, 0) as decimal(18, 12))) as decimal(18, 12)
    )
{%- endmacro %}


{# An amount of one attempt, if the ledger can hold it. #}
{% macro within_ledger(usd) -%}
    cast(case when {{ usd }} < 1000000 then {{ usd }} end as decimal(18, 12))
{%- endmacro %}
