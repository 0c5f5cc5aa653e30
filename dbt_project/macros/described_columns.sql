{# A row for every mart, with number 0 and no name, and for every column of it in their order;
   where nothing is asked for, a row of the same types. #}
{% macro described_columns() -%}
    {%- set rows = ["('', 0, cast(null as varchar), cast(null as varchar), '')"] -%}
    {%- if execute and not is_restating() -%}
        {%- for node in graph.nodes.values() if is_mart(node) -%}
            {%- do rows.append(described(node.name, 0, none, none, node.description)) -%}
            {%- for column in node.columns.values() -%}
                {%- do rows.append(described(
                    node.name, loop.index, column.name, column.data_type, column.description
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ rows | join(", ") }}
{%- endmacro %}


{% macro is_mart(node) -%}
    {{ return(node.resource_type == 'model' and node.path.startswith('marts/')) }}
{%- endmacro %}


{% macro described(mart, number, column_name, data_type, description) -%}
    {{- "(" ~ quoted(mart) ~ ", " ~ number ~ ", " ~ quoted(column_name) ~ ", " -}}
    {{- quoted(data_type) ~ ", " ~ quoted(description) ~ ")" -}}
{%- endmacro %}


{% macro quoted(words) -%}
    {%- if words is none -%}
        null
    {%- else -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(words | trim | replace("\n", " "))) }}
    {%- endif -%}
{%- endmacro %}
