{# What FOCUS calls what was charged for, by bucket. An own-key fee is what OpenRouter takes for a
   call that the provider bills to a key of our own. #}
{% macro focus_meter() -%}
    {%- set meters = {
        'input': 'Input Tokens',
        'cache_read': 'Cached Input Tokens',
        'cache_write': 'Cache Write Tokens',
        'output_text': 'Output Text Tokens',
        'reasoning': 'Reasoning Tokens',
        'image': 'Output Image Tokens',
        'search': 'Web Searches',
        'other': 'Requests',
        'own_key_fee': 'Own-Key Fees',
        'credits': 'Credits',
    } -%}
    case
        when meter_bucket = 'image' and charges.unit = 'image' then 'Output Images'
        {{ words_for('meter_bucket', meters) }}
    end
{%- endmacro %}


{% macro focus_unit() -%}
    {%- set units = {
        'token': 'Tokens',
        'image': 'Images',
        'search': 'Searches',
        'request': 'Requests',
        'fee': 'Fees',
        'credit': 'Credits',
    } -%}
    case
        {{ words_for('charges.unit', units) }}
    end
{%- endmacro %}


{% macro words_for(column, words) -%}
    {%- for value, word in words.items() %}
        when {{ column }} = '{{ value }}' then '{{ word }}'
    {%- endfor %}
{%- endmacro %}


{# USD for one of a quantity, with the places that multiplying it back needs: decimal(38,18). #}
{% macro unit_price(amount_usd, quantity) -%}
    {{ adapter.dispatch('divide_exactly')(amount_usd, quantity, 18) }}
{%- endmacro %}


{# A JSON object as text: what `over` has, and those of the values that are not null. #}
{% macro json_text(values, over="'{}'") -%}
    {{ adapter.dispatch('json_text')(values, over) }}
{%- endmacro %}


{% macro duckdb__json_text(values, over) -%}
    {%- set pairs = [] -%}
    {%- for key, value in values.items() -%}
        {%- do pairs.append("'" ~ key ~ "', " ~ value) -%}
    {%- endfor -%}
    cast(
        json_merge_patch(coalesce(try_cast({{ over }} as json), '{}'), json_object({{ pairs | join(", ") }}))
        as varchar
    )
{%- endmacro %}


{# A number's digits without the zeros behind. #}
{% macro plain_digits(number) -%}
    rtrim(rtrim(cast({{ number }} as varchar), '0'), '.')
{%- endmacro %}


{# An instant as UTC writes it, without a zone, and back: whatever the zone of who reads. #}
{% macro in_utc(instant) -%}
    {{ adapter.dispatch('in_utc')(instant) }}
{%- endmacro %}


{% macro duckdb__in_utc(instant) -%}
    (({{ instant }}) at time zone 'UTC')
{%- endmacro %}


{# Whole milliseconds from one instant to another. #}
{% macro milliseconds_between(from_at, until_at) -%}
    {{ adapter.dispatch('milliseconds_between')(from_at, until_at) }}
{%- endmacro %}


{% macro duckdb__milliseconds_between(from_at, until_at) -%}
    date_diff('millisecond', {{ from_at }}, {{ until_at }})
{%- endmacro %}
