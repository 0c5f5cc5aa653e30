{# In a select list: a row for every day from one to another, both included. #}
{% macro each_day(first_day, last_day) -%}
    {{ adapter.dispatch('each_day_of')(first_day, last_day) }}
{%- endmacro %}


{% macro duckdb__each_day_of(first_day, last_day) -%}
    unnest(generate_series({{ first_day }}, {{ last_day }}, interval '1' day))
{%- endmacro %}


{# 0 for the hour after Monday's 00:00 UTC, 167 for the one before the next. #}
{% macro hour_of_week(instant) -%}
    cast(24 * (extract(isodow from {{ instant }}) - 1) + extract(hour from {{ instant }}) as bigint)
{%- endmacro %}
