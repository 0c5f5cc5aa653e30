{#
    The rows of a relation, one per key: the first in the given order. The order must be total
    for rows that differ, or two builds may choose differently.

    Only keys that occur more than once are sorted. Few do, and sorting every row costs half as
    much again as reading them.
#}
{% macro one_row_per(key, relation, order_by) -%}
    select *
    from (
        select
            *,
            1 as preference
        from {{ relation }}
        where ({{ key }}) not in ({{ repeated_keys(key, relation) }})
        union all
        select
            *,
            row_number() over (partition by {{ key }} order by {{ order_by }}) as preference
        from {{ relation }}
        where ({{ key }}) in ({{ repeated_keys(key, relation) }})
    ) as ranked
    where preference = 1
{%- endmacro %}


{% macro repeated_keys(key, relation) -%}
    select {{ key }} from {{ relation }} group by {{ key }} having count(*) > 1
{%- endmacro %}
