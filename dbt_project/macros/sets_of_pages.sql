{#
    Which pages a group of rows is about, kept beside its sums: how many there are of several groups
    together cannot be told from how many each has. In the order of their numbers, so that equal sets
    are equal.
#}
{% macro pages_where(condition) -%}
    {{ adapter.dispatch('set_of_pages')(condition) }}
{%- endmacro %}


{% macro duckdb__set_of_pages(condition) -%}
    coalesce(
            list_sort(list_distinct(list(page_number) filter (where {{ condition }}))), []
        )
{%- endmacro %}


{# How many pages there are in the sets of a group of rows. #}
{% macro page_count_of(pages) -%}
    {{ adapter.dispatch('size_of_union')(pages) }}
{%- endmacro %}


{% macro duckdb__size_of_union(sets) -%}
    cast(len(list_distinct(flatten(list({{ sets }})))) as bigint)
{%- endmacro %}
