{#
    Make every table of the lake an ordinary relation of the schema `lake`.

    Each holds exactly the columns that the source declares, so that an empty lake builds and a
    file with columns of a later version does too. The files are named one by one: files are
    immutable, so every model and every test of one build reads the same rows, whatever lands
    meanwhile.
#}
{% macro mount_lake() %}
    {% if execute %}
        {% set lake_root = (env_var('INKLEDGER_HOME', '') or '../data') ~ '/lake' %}
        {% for table in graph.sources.values() if table.source_name == 'lake' %}
            {% set listing = adapter.dispatch('quoted_files')(lake_root ~ '/' ~ table.name) %}
            {% set files = run_query(listing).columns[0].values() %}
            {% do run_query(adapter.dispatch('mount_table')(table, files)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{% macro duckdb__mount_table(table, files) %}
    create schema if not exists {{ table.schema }};
    create or replace view {{ table.schema }}.{{ table.identifier }} as
    select {{ typed_columns(table) }}
    from (
        select {{ typed_columns(table, of="null") }} where false
        {% if files %}
            union all by name
            select * from read_parquet(
                [{{ files | join(", ") }}], union_by_name = true, hive_partitioning = false
            )
        {% endif %}
    )
{% endmacro %}


{% macro typed_columns(table, of=none) -%}
    {% for column in table.columns.values() -%}
        cast({{ of or column.name }} as {{ column.data_type }}) as {{ column.name }}
        {{- ", " if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The files of a table, each quoted as text; no sign in a path is a pattern. #}
{% macro duckdb__quoted_files(folder) %}
    select
        ''''
        || regexp_replace(replace(file, '''', ''''''), '([\[*?])', '[\1]', 'g')
        || '''' as quoted_file
    from glob('{{ plain_pattern(folder) }}/landed_date=*/*.parquet')
    order by file
{% endmacro %}


{% macro plain_pattern(path) -%}
    {{- path | replace("'", "''") | replace("[", "[[]")
        | replace("*", "[*]") | replace("?", "[?]") -}}
{%- endmacro %}
