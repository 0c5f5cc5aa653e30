{#
    Make every table of the lake an ordinary relation of the schema `lake`, and what of it no build
    has seen yet one of the schema `new_lake`.

    Each holds exactly the columns that the source declares, so that an empty lake builds and a
    file with columns of a later version does too. The files are named one by one: files are
    immutable, so every model and every test of one build reads the same rows, whatever lands
    meanwhile.
#}
{% macro mount_lake() %}
    {% if execute %}
        {% set tables = graph.sources.values()
            | selectattr('source_name', 'equalto', 'lake') | list %}
        {% set files = {} %}
        {% for table in tables %}
            {% do files.update({table.name: lake_files(table)}) %}
            {% do mount(table, 'lake', files[table.name]) %}
        {% endfor %}
        {% do begin_build(files.values() | sum(start=[])) %}
        {% for table in tables %}
            {% do mount(table, 'new_lake', new_files(table)) %}
        {% endfor %}
        {% do run_query("create schema if not exists touched_lake") %}
        {% for table_name in touching_keys() %}
            {% do run_query(
                "create or replace view touched_lake." ~ table_name
                ~ " as select * from lake." ~ table_name
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{% macro mount(table, schema, files) %}
    {% do run_query(adapter.dispatch('mount_table')(table, schema, files)) %}
{% endmacro %}


{# The files of a table, each quoted as text. #}
{% macro lake_files(table) %}
    {% set lake_root = (env_var('INKLEDGER_HOME', '') or '../data') ~ '/lake' %}
    {% set listing = adapter.dispatch('quoted_files')(lake_root ~ '/' ~ table.name) %}
    {{ return(run_query(listing).columns[0].values() | list) }}
{% endmacro %}


{# The files of a table that no build has seen yet. #}
{% macro new_files(table) %}
    {{ return(run_query(
        "select quoted_file from build_state.mounted_files where is_new and place like '"
        ~ table.name ~ "/%' order by place"
    ).columns[0].values() | list) }}
{% endmacro %}


{% macro duckdb__mount_table(table, schema, files) %}
    create schema if not exists {{ schema }};
    create or replace view {{ schema }}.{{ table.identifier }} as
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


{# No sign in a path is a pattern. #}
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


{# What of a table of the lake no build has seen yet. #}
{% macro new_rows(table_name) -%}
    new_lake.{{ table_name }}
{%- endmacro %}


{# For each of the large tables, by which columns of `int_touched_events` its rows are touched. #}
{% macro touching_keys() %}
    {{ return({
        'usage_events': ['event_id'],
        'settlements': ['generation_id', 'event_id'],
        'outcomes': ['operation_id'],
    }) }}
{% endmacro %}


{#
    Called when `int_touched_events` is known: leave in `touched_lake` what it names, and what has
    landed since the last build, as settlements of which no call is known. The rows are copied once,
    for many models ask for them.
#}
{% macro mount_touched_lake() %}
    {% for table_name, keys in touching_keys().items() if is_restating() %}
        create or replace table touched_lake.{{ table_name }}_rows as
        {% for key in keys %}
            select * from lake.{{ table_name }}
            where {{ found_in(key, this) }}
            union
        {% endfor %}
        select * from new_lake.{{ table_name }};
        create or replace view touched_lake.{{ table_name }} as
        select * from touched_lake.{{ table_name }}_rows;
    {% endfor %}
{% endmacro %}


{# A large table, of which only what is touched is there. #}
{% macro touched_lake(table_name) -%}
    {%- if model.resource_type != 'unit_test' -%}
        {%- do ref('int_touched_events') -%}
    {%- endif -%}
    {{ source('touched_lake', table_name) }}
{%- endmacro %}
