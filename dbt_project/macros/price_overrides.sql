{#
    Prices that hold for some calls only, in `pricing.overrides`: above a size of the prompt, in a
    window of UTC time, on some weekdays. OpenRouter's own words for them are in the API's schema.
#}

{# The list of overrides as it came, as text; null where there is none or nothing can be read. #}
{% macro overrides_text(pricing_json) -%}
    {{ adapter.dispatch('overrides_text')(pricing_json) }}
{%- endmacro %}


{% macro duckdb__overrides_text(pricing_json) -%}
    case when json_valid({{ pricing_json }}) then cast(json_extract({{ pricing_json }}, '$.overrides') as varchar) end
{%- endmacro %}


{# A row per override of a relation's `overrides_json`, beside the columns in `keys`. #}
{% macro override_rows(relation, keys) -%}
    {{ adapter.dispatch('override_rows')(relation, keys) }}
{%- endmacro %}


{% macro duckdb__override_rows(relation, keys) -%}
    {%- set texts = [
        'prompt', 'completion', 'input_cache_read', 'input_cache_write', 'internal_reasoning',
        'min_prompt_tokens', 'utc_start', 'utc_end',
    ] -%}
    {%- set shape -%}
        [{ {%- for text in texts %}"{{ text }}": "VARCHAR", {% endfor -%} "utc_days": ["VARCHAR"]}]
    {%- endset -%}
    (select
        {{ keys | join(', ') }},
        override_number,
        try_cast(override.min_prompt_tokens as bigint) as above_input_tokens,
        {{ clock_minute('override.utc_start') }} as from_minute,
        {{ clock_minute('override.utc_end') }} as to_minute,
        override.utc_days as weekdays,
        try_cast(override.prompt as decimal(18, 12)) as input_usd_per_token,
        try_cast(override.completion as decimal(18, 12)) as output_usd_per_token,
        try_cast(override.input_cache_read as decimal(18, 12)) as cache_read_usd_per_token,
        try_cast(override.input_cache_write as decimal(18, 12)) as cache_write_usd_per_token,
        try_cast(override.internal_reasoning as decimal(18, 12)) as reasoning_usd_per_token
    from (
        select
            {{ keys | join(', ') }},
            unnest(from_json(overrides_json, '{{ shape }}')) as override,
            generate_subscripts(from_json(overrides_json, '{{ shape }}'), 1) as override_number
        from {{ relation }}
        where json_type(overrides_json) = 'ARRAY'
    ) as unnested) as override_rows
{%- endmacro %}


{# 1030, a number on a clock, as minutes since midnight. #}
{% macro clock_minute(clock) -%}
    try_cast({{ clock }} as bigint) // 100 * 60 + try_cast({{ clock }} as bigint) % 100
{%- endmacro %}


{# Whether a minute of the day is in a half-open window, which may wrap past midnight; no window
   holds all day. #}
{% macro is_in_window(minute, from_minute, to_minute) -%}
    case
        when {{ from_minute }} is null or {{ to_minute }} is null then true
        when {{ from_minute }} <= {{ to_minute }}
            then {{ minute }} >= {{ from_minute }} and {{ minute }} < {{ to_minute }}
        else {{ minute }} >= {{ from_minute }} or {{ minute }} < {{ to_minute }}
    end
{%- endmacro %}


{# Whether a list of days, as `["monday"]`, has the ISO weekday, 1 to 7; a missing list has all. #}
{% macro has_weekday(weekdays, weekday) -%}
    {{ adapter.dispatch('has_weekday')(weekdays, weekday) }}
{%- endmacro %}


{% macro duckdb__has_weekday(weekdays, weekday) -%}
    (
        {{ weekdays }} is null
        or list_contains(
            {{ weekdays }},
            (['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])[{{ weekday }}]
        )
    )
{%- endmacro %}


{# 1 for Monday to 7 for Sunday. #}
{% macro iso_weekday(day) -%}
    {{ adapter.dispatch('iso_weekday')(day) }}
{%- endmacro %}


{% macro duckdb__iso_weekday(day) -%}
    extract(isodow from {{ day }})
{%- endmacro %}
