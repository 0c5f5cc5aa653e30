{#
    Division of money without a float: `/` on decimals is a double in DuckDB. Both sides are counted
    in whole units of 1e-12, divided as integers, and the last place is rounded half to even, as
    everywhere in the ledger. For amounts from 0 to 1e14; null when there is nothing to divide by.
#}

{# USD for one of `count`: decimal(38,12). #}
{% macro usd_per(amount_usd, count) -%}
    {{ adapter.dispatch('divide_exactly')(amount_usd, count, 12) }}
{%- endmacro %}


{# What part of `whole_usd` is `part_usd`, 0 to 1: decimal(9,6). #}
{% macro share_of(part_usd, whole_usd) -%}
    cast({{ adapter.dispatch('divide_exactly')(part_usd, whole_usd, 6) }} as decimal(9, 6))
{%- endmacro %}


{# As much of `amount_usd` as `part_usd` is of `whole_usd`, rounded down, so that portions never add
   up to more: decimal(18,12). For amounts below 1e6. #}
{% macro portion(part_usd, whole_usd, amount_usd) -%}
    {{ adapter.dispatch('divide_down')(part_usd, whole_usd, amount_usd) }}
{%- endmacro %}


{% macro duckdb__divide_down(part_usd, whole_usd, amount_usd) -%}
    cast(
        cast(
            {{ whole_units(part_usd) }} * {{ whole_units(amount_usd) }}
            // nullif({{ whole_units(whole_usd) }}, 0) as decimal(18, 0)
        ) * cast(0.000000000001 as decimal(18, 12)) as decimal(18, 12)
    )
{%- endmacro %}


{% macro duckdb__divide_exactly(dividend, divisor, places) -%}
    {%- set n = whole_units(dividend) ~ " * 1" ~ "0" * places -%}
    {%- set d = "nullif(" ~ whole_units(divisor) ~ ", 0)" -%}
    cast(
        ({{ n }}) // {{ d }} + case
            when 2 * (({{ n }}) % {{ d }}) > {{ d }} then 1
            when 2 * (({{ n }}) % {{ d }}) = {{ d }} then (({{ n }}) // {{ d }}) % 2
            else 0
        end as decimal(38, 0)
    ) * cast(0.{{ "0" * (places - 1) }}1 as decimal(38, {{ places }}))
{%- endmacro %}


{% macro whole_units(amount) -%}
    cast(cast({{ amount }} as decimal(38, 12)) * 1000000000000 as hugeint)
{%- endmacro %}
