{# A row for every mart, with number 0 and no name, and for every column of it in their order;
   where nothing is asked for, a row of the same types. #}
{% macro described_columns() -%}
    {%- set marts = graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('path', 'ge', 'marts/') | selectattr('path', 'lt', 'marts0')
        | sort(attribute='name') if execute and not is_restating() else [] -%}
    {%- for mart in marts %}
        {%- set name = mart.name -%}
        {{ "," if not loop.first }}
        ({{ quoted(name) }}, 0, null, null, {{ quoted(mart.description) }})
        {%- for column in mart.columns.values() -%},
        ({{ quoted(name) }}, {{ loop.index }}, {{ quoted(column.name) }}, {{ quoted(column.data_type) }}, {{ quoted(column.description) }})
        {%- endfor %}
    {%- else -%}
        ('', 0, null, null, '')
    {%- endfor -%}
{%- endmacro %}


{% macro quoted(words) -%}
    {%- if words is none -%}
        null
    {%- else -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(words | trim | replace("\n", " "))) }}
    {%- endif -%}
{%- endmacro %}
