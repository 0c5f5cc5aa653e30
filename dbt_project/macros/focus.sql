{# What FOCUS calls what was charged for, by bucket. An own-key fee is what OpenRouter takes for a call
   that the provider bills to a key of our own. #}
{% macro focus_meter() -%}
    {%- set names = {
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
        when meter_bucket = 'image' and unit = 'image' then 'Output Images'
        {%- for bucket, name in names.items() %}
            when meter_bucket = '{{ bucket }}' then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}


{% macro focus_unit() -%}
    case unit
        {%- for unit, name in {
            'token': 'Tokens',
            'image': 'Images',
            'search': 'Searches',
            'request': 'Requests',
            'fee': 'Fees',
            'credit': 'Credits',
        }.items() %}
            when '{{ unit }}' then '{{ name }}'
        {%- endfor %}
    end
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
    cast(
        json_merge_patch(
            cast({{ over }} as json),
            json_object(
                {%- for key, value in values.items() %}
                    '{{ key }}', {{ value }}{{ "," if not loop.last }}
                {%- endfor %}
            )
        ) as varchar
    )
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
