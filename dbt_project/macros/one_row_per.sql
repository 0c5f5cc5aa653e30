{#
    The rows of a relation, one per key: the first in the given order. The order must be total
    for rows that differ, or two builds may choose differently.

    Only keys that occur more than once are sorted. Few do, and sorting every row costs half as
    much again as reading them. Where a relation has a row for every call, which keys these are is a
    model of its own, `repeated`, so that it is found out once a build. The relation is read twice:
    it must be one that an engine can read so, not a CTE that it would make first (`inlined`).
#}
{% macro one_row_per(key, relation, order_by, repeated=none) -%}
    select *
    from (
        with

        repeated_keys as (
            {{ "select * from " ~ repeated if repeated else repeated_keys(key, relation) }}
        )

        select
            *,
            1 as preference
        from {{ relation }}
        where ({{ key }}) not in (select * from repeated_keys)
        union all
        select
            *,
            row_number() over (partition by {{ key }} order by {{ order_by }}) as preference
        from {{ relation }}
        where ({{ key }}) in (select * from repeated_keys)
    ) as ranked
    where preference = 1
{%- endmacro %}


{% macro repeated_keys(key, relation) -%}
    select {{ key }} from {{ relation }} group by {{ key }} having count(*) > 1
{%- endmacro %}


{# How a CTE is defined that is read several times and shall not be kept in memory as a whole. #}
{% macro inlined() -%}
    {{ adapter.dispatch('inlined')() }}
{%- endmacro %}


{% macro default__inlined() -%}{%- endmacro %}


{% macro duckdb__inlined() -%}
    not materialized
{%- endmacro %}
