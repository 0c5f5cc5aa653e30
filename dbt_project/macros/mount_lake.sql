{#
    Make every table of the lake an ordinary relation of the schema `lake`.

    Each holds exactly the columns that the source declares, so that an empty lake builds and a
    file with columns of a later version does too. The files are named one by one: files are
    immutable, so every model and every test of one build reads the same rows, whatever lands
    meanwhile.
#}
{% macro mount_lake() %}
    {% if execute %}
        {% set lake_root = env_var('INKLEDGER_HOME', '../data') ~ '/lake' %}
        {% for source_node in graph.sources.values() if source_node.source_name == 'lake' %}
            {% do run_query(adapter.dispatch('mount_table')(source_node, lake_root)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{% macro duckdb__mount_table(source_node, lake_root) %}
    {% set pattern = lake_root ~ '/' ~ source_node.name ~ '/landed_date=*/*.parquet' %}
    {% set files = run_query("select file from glob(" ~ sql_text(pattern) ~ ") order by file").columns[0].values() %}

    create schema if not exists {{ source_node.schema }};
    create or replace view {{ source_node.schema }}.{{ source_node.identifier }} as
    select
        {%- for column in source_node.columns.values() %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column in source_node.columns.values() %}
            cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
            {%- endfor %}
        where false
        {%- if files %}
        union all by name
        select * from read_parquet(
            [{% for file in files %}{{ sql_text(file) }}{{ ", " if not loop.last }}{% endfor %}],
            union_by_name = true, hive_partitioning = false
        )
        {%- endif %}
    )
{% endmacro %}


{% macro sql_text(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
