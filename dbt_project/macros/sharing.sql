{# In a select list: a row for every text of a JSON array that is a text itself; none if it is no
   such array. #}
{% macro each_text(json_array) -%}
    {{ adapter.dispatch('each_text_of')(json_array) }}
{%- endmacro %}


{% macro duckdb__each_text_of(json_array) -%}
    unnest(
        case
            when json_valid({{ json_array }}) then
                case
                    when json_type({{ json_array }}) = 'ARRAY'
                        then from_json({{ json_array }}, '["varchar"]')
                end
        end
    )
{%- endmacro %}


{#
    The `place`-th of `count` equal parts of an amount: decimal(38,12). Where it cannot be divided
    into whole units of 1e-12, the first places have one more, so that the parts are the whole.
#}
{% macro equal_part(amount_usd, place, count) -%}
    {{ adapter.dispatch('equal_part_of')(amount_usd, place, count) }}
{%- endmacro %}


{% macro duckdb__equal_part_of(amount_usd, place, count) -%}
    cast(
        {{ whole_units(amount_usd) }} // {{ count }}
        + case when {{ place }} <= {{ whole_units(amount_usd) }} % {{ count }} then 1 else 0 end
        as decimal(38, 0)
    ) * cast(0.000000000001 as decimal(38, 12))
{%- endmacro %}
