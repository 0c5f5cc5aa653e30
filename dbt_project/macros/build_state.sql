{#
    What a build must look at. Each finished build leaves behind which files of the lake it has
    seen; the next one decides anew only what files that nobody has seen touch, and leaves the rest
    of every mart as it stands. Everything is built anew if that was asked for, if a rule has
    changed, if a file has gone from the lake, or if the last build did not end well.
#}
{% macro begin_build(files) %}
    {% do run_query(adapter.dispatch('make_build_state')(files)) %}
    {% set merged_files = run_query(
        "select quoted_file from build_state.mounted_files where is_merged and not is_traced"
    ).columns[0].values() %}
    {% if merged_files %}
        {% do run_query(adapter.dispatch('trace_merged_files')(merged_files)) %}
    {% endif %}
    {% do run_query(adapter.dispatch('compare_with_last_build')()) %}
    {% if is_restating() %}
        {% do run_query(
            "create or replace table build_state.previous_models as"
            ~ " select model, canonical_model from " ~ last_build_of("dim_models")
        ) %}
    {% else %}
        {% do forget_history() %}
    {% endif %}
{% endmacro %}


{# Called when a run ends: what it was made of has been seen, if every model was built. #}
{% macro finish_build(results) %}
    {% if execute %}
        {% set well = ['success', 'pass', 'warn', 'no-op'] %}
        {% set ended = namespace(well=true) %}
        {% set built = [] %}
        {% for result in results %}
            {% do built.append(result.node.unique_id) %}
            {% if result.status | string not in well %}
                {% set ended.well = false %}
            {% endif %}
        {% endfor %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' %}
            {% if node.unique_id not in built %}
                {% set ended.well = false %}
            {% endif %}
        {% endfor %}
        {% if ended.well %}
            {% do run_query(
                "insert into build_state.seen_sources select source from build_state.file_sources"
            ) %}
            {% do run_query(
                "insert into build_state.seen_rules select fingerprint from build_state.this_build"
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}


{#
    Whether this run adds to what earlier builds made. Never in a unit test, which has the rows it
    was given and no history.
#}
{% macro is_restating() %}
    {% if not execute or model.resource_type == 'unit_test' %}
        {{ return(false) }}
    {% endif %}
    {{ return(the_value("select is_restating from build_state.this_build")) }}
{% endmacro %}


{# The condition under which a row must be decided anew: `key` is one of the columns of
   `int_touched_events`, or of `int_touched_ebooks`. A model that is also asked for by what is no attempt, as a balance, names in
   `or_missing` the columns by which it knows what it has not answered yet, or in `or_landed` the
   table of the lake whose rows have its key. #}
{% macro touched(key, or_missing=none, or_landed=none) -%}
    {%- set keys = ref(touched_keys(key)) if not execute or is_restating() -%}
    {%- if execute and keys -%}
        {{ found_in(key, keys) }}
        {{- ' or (' ~ or_missing ~ ') not in (select ' ~ or_missing ~ ' from ' ~ this ~ ')' if or_missing }}
        {{- ' or ' ~ key ~ ' in (select ' ~ key ~ ' from ' ~ new_rows(or_landed) ~ ')' if or_landed }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# The model that lists which keys were touched. #}
{% macro touched_keys(key) -%}
    {{ return('int_touched_ebooks' if key == 'ebook_id' else 'int_touched_events') }}
{%- endmacro %}


{#
    The condition under which a row of a large table has one of the keys of a small one. The bounds
    are said in plain figures, so that files and row groups beyond them are not opened: ids are made
    in the order of time.
#}
{% macro found_in(key, relation) -%}
    {%- set bounds = run_query(
        "select min(" ~ key ~ "), max(" ~ key ~ ") from " ~ relation
    ).rows[0] -%}
    {%- if bounds[0] is none -%}
        false
    {%- else -%}
        {{ key }} between {{ dbt.string_literal(dbt.escape_single_quotes(bounds[0])) }}
            and {{ dbt.string_literal(dbt.escape_single_quotes(bounds[1])) }}
        and {{ key }} in (select {{ key }} from {{ relation }})
    {%- endif -%}
{%- endmacro %}


{# The rows of a table of the lake of which a model keeps the newest of each key: of what has landed
   since the last build, and of the same keys what it has kept. #}
{% macro last_told(table_name, key) -%}
    {%- if not is_restating() -%}
        select * from {{ source('lake', table_name) }}
    {%- else -%}
        {%- set columns = adapter.get_columns_in_relation(this) -%}
        {%- set kept = columns | map(attribute="quoted") | join(", ") -%}
        select {{ kept }} from {{ new_rows(table_name) }}
        union all
        select {{ kept }} from {{ this }}
        where {{ key }} in (select {{ key }} from {{ new_rows(table_name) }})
    {%- endif -%}
{%- endmacro %}


{% macro the_value(query) -%}
    {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}


{# A mart as the last build left it, for a model that must be built before this build's. #}
{% macro last_build_of(mart) -%}
    {{ adapter.get_relation(target.database, target.schema, mart) }}
{%- endmacro %}


{#
    How an incremental model is brought up to date: rows whose key was touched go, and what was made
    of them anew comes. A row that is made no more, as its attempt turned out to be another's, goes
    too.
#}
{% macro get_incremental_restate_sql(arguments) %}
    {% set key = arguments["unique_key"] %}
    {% set columns = arguments["dest_columns"] | map(attribute="quoted") | join(", ") %}
    {% set keys = arguments["target_relation"].incorporate(
        path={"identifier": touched_keys(key)}
    ) %}
    delete from {{ arguments["target_relation"] }}
    where {{ found_in(key, keys) }};
    insert into {{ arguments["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arguments["temp_relation"] }}
{% endmacro %}


{% macro forget_history() %}
    {% for node in graph.nodes.values() if node.config.materialized == 'incremental' %}
        {% set relation = adapter.get_relation(node.database, node.schema, node.alias) %}
        {% if relation %}
            {% do adapter.drop_relation(relation) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{#
    The files that are mounted, each known by its place in the lake, so that a lake may be moved; and
    the sources of each: itself, or for a merged file those that it took in, as its metadata say.
#}
{% macro duckdb__make_build_state(files) %}
    create schema if not exists build_state;
    create table if not exists build_state.seen_sources (source text);
    create table if not exists build_state.seen_rules (fingerprint text);
    create table if not exists build_state.file_sources (place text, source text);
    create or replace table build_state.mounted_files as
    select
        quoted_file,
        place,
        place like '%/merged-%' as is_merged,
        place in (select place from build_state.file_sources) as is_traced
    from (
        select
            quoted_file,
            regexp_extract(
                regexp_replace(quoted_file, '\[([\[*?])\]', '\1', 'g'),
                '([^/]+/landed_date=[^/]+/[^/]+)''$',
                1
            ) as place
        from (select unnest([{{ texts(files) }}]::text[]) as quoted_file)
    );
    delete from build_state.file_sources
    where place not in (select place from build_state.mounted_files);
    insert into build_state.file_sources
    select place, place
    from build_state.mounted_files
    where not is_merged and not is_traced
{% endmacro %}


{% macro texts(quoted_files) -%}
    {% for file in quoted_files -%}
        '{{ file | replace("'", "''") }}'{{ ", " if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{% macro duckdb__trace_merged_files(quoted_files) %}
    insert into build_state.file_sources
    select
        files.place,
        coalesce(
            regexp_replace(files.place, '[^/]+$', '') || told.source || '.parquet', files.place
        )
    from build_state.mounted_files as files
    left join (
        select
            file_name,
            unnest(from_json(decode(value), '["varchar"]')) as source
        from parquet_kv_metadata([{{ quoted_files | join(", ") }}])
        where case when decode(key) = 'inkledger.sources' then json_valid(decode(value)) end
    ) as told
        on
            files.place = regexp_extract(told.file_name, '[^/]+/landed_date=[^/]+/[^/]+$')
    where files.is_merged and not files.is_traced
{% endmacro %}


{#
    A rule is any file of this folder that says how a mart is made. dbt runs in this folder, so that
    the names are those below it.
#}
{% macro duckdb__compare_with_last_build() %}
    create or replace table build_state.this_build as
    with rules as (
        select md5(string_agg(content, chr(10) order by filename)) as fingerprint
        from read_text([
            'models/**/*.sql', 'models/**/*.yml', 'macros/*.sql', 'seeds/*.csv', 'dbt_project.yml'
        ])
    )
    select
        rules.fingerprint,
        {{ "false" if flags.FULL_REFRESH else "true" }}
        and exists (select 1 from build_state.seen_sources)
        and rules.fingerprint in (select fingerprint from build_state.seen_rules)
        and not exists (
            select source from build_state.seen_sources
            except
            select source from build_state.file_sources
        ) as is_restating
    from rules;
    alter table build_state.mounted_files add column is_new boolean;
    update build_state.mounted_files
    set is_new = (
        not (select is_restating from build_state.this_build)
        or place in (
            select place from build_state.file_sources
            where source not in (select source from build_state.seen_sources)
        )
    );
    delete from build_state.seen_sources;
    delete from build_state.seen_rules
{% endmacro %}


{#
    dbt asks here what a test of a mart looks at. Of one that is brought up to date by a key that is
    what this build made anew: the rest was tested when it was made.
#}
{% macro default__get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node) if execute -%}
    {%- set is_restated = tested and tested.config.incremental_strategy == 'restate' -%}
    {%- set key = tested.config.unique_key if is_restated -%}
    {%- if key and is_restating() -%}
        (
            select * from {{ relation }}
            where {{ found_in(key, relation.incorporate(path={"identifier": touched_keys(key)})) }}
        )
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
