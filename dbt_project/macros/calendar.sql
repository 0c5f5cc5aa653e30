{# Every day from one to another, both included, one row each. #}
{% macro days_from(first_day, last_day, relation) -%}
    {{ adapter.dispatch('day_rows')(first_day, last_day, relation) }}
{%- endmacro %}


{% macro duckdb__day_rows(first_day, last_day, relation) -%}
    select cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval '1' day)) as date) as day
    from {{ relation }}
{%- endmacro %}


{# 0 for the hour after Monday's 00:00 UTC, 167 for the one before the next. #}
{% macro hour_of_week(instant) -%}
    cast(24 * (extract(isodow from {{ instant }}) - 1) + extract(hour from {{ instant }}) as bigint)
{%- endmacro %}
