{# The columns of a listed price that are amounts of USD, each per unit of what its name says. #}
{% macro listed_prices() -%}
    {{ return([
        'input_usd_per_token',
        'output_usd_per_token',
        'cache_read_usd_per_token',
        'cache_write_usd_per_token',
        'cache_write_1h_usd_per_token',
        'reasoning_usd_per_token',
        'image_output_usd_per_token',
        'input_image_usd_per_image',
        'input_image_usd_per_token',
        'output_image_usd_per_image',
        'input_audio_usd_per_token',
        'output_audio_usd_per_token',
        'request_usd_per_request',
        'web_search_usd_per_search',
    ]) }}
{%- endmacro %}


{# Those of them at which what the ledger counts is metered. #}
{% macro metered_prices() -%}
    {{ return([
        'input_usd_per_token',
        'output_usd_per_token',
        'cache_read_usd_per_token',
        'cache_write_usd_per_token',
        'reasoning_usd_per_token',
        'image_output_usd_per_token',
        'output_image_usd_per_image',
        'input_image_usd_per_image',
        'request_usd_per_request',
        'web_search_usd_per_search',
    ]) }}
{%- endmacro %}


{# Which of a model's prices a call meets: those of its free or its batched form, else ''. #}
{% macro price_variant(model) -%}
    case
        when lower({{ model }}) like '%:free' then 'free'
        when lower({{ model }}) like '%:batch' then 'batch'
        else ''
    end
{%- endmacro %}


{# The provider as `/endpoints` and replies both name it; '' for none. #}
{% macro provider_key(provider_name) -%}
    lower(coalesce({{ provider_name }}, ''))
{%- endmacro %}


{# Whether any of the columns differs from the row before. #}
{% macro differs_from_last(columns, order) -%}
    {{ adapter.dispatch('differs_from_last')(columns, order) }}
{%- endmacro %}


{% macro default__differs_from_last(columns, order) -%}
    {%- set comparisons = [] -%}
    {%- for column in columns -%}
        {%- do comparisons.append(
            column ~ " is distinct from lag(" ~ column ~ ") over (" ~ order ~ ")"
        ) -%}
    {%- endfor -%}
    ({{ comparisons | join(" or ") }})
{%- endmacro %}
