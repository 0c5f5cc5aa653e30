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


{# In a select list: a row for every item of a batch, with `item_number`, `custom_id` and tokens;
   none if it is no JSON array. #}
{% macro each_batch_item(items_json) -%}
    {{ adapter.dispatch('each_batch_item_of')(items_json) }}
{%- endmacro %}


{% macro duckdb__each_batch_item_of(items_json) -%}
    unnest(
        case
            when json_valid({{ items_json }}) then
                case
                    when json_type({{ items_json }}) = 'ARRAY' then from_json(
                        {{ items_json }},
                        '[{
                            "item_number": "bigint",
                            "custom_id": "varchar",
                            "input_tokens": "bigint",
                            "output_tokens": "bigint"
                        }]'
                    )
                end
        end
    )
{%- endmacro %}


{# As much of an amount as `part` is of `whole`, rounded down to units of 1e-12: decimal(18,12). #}
{% macro share_up_to(amount_usd, part, whole) -%}
    {{ adapter.dispatch('share_up_to_part')(amount_usd, part, whole) }}
{%- endmacro %}


{% macro duckdb__share_up_to_part(amount_usd, part, whole) -%}
    cast(
        cast({{ whole_units(amount_usd) }} * {{ part }} // nullif({{ whole }}, 0) as decimal(18, 0))
        * cast(0.000000000001 as decimal(18, 12)) as decimal(18, 12)
    )
{%- endmacro %}


{# What one token was listed at, in whole units of 1e-12 USD. #}
{% macro units_per_token(listed_usd, tokens) -%}
    {{ adapter.dispatch('whole_units_per')(listed_usd, tokens) }}
{%- endmacro %}


{% macro duckdb__whole_units_per(listed_usd, tokens) -%}
    {{ whole_units(listed_usd) }} // nullif({{ tokens }}, 0)
{%- endmacro %}
