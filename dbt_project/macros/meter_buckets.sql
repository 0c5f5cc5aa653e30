{#
    The buckets by which a call is metered. They are disjoint: cached tokens are taken out of the
    input, reasoning and image tokens out of the output. `other` is the request itself, and what
    no other bucket explains.
#}
{% macro meter_buckets() -%}
    {{ return([
        'input', 'cache_read', 'cache_write', 'output_text', 'reasoning', 'image', 'search', 'other'
    ]) }}
{%- endmacro %}


{# How much of a bucket an attempt has, from its own counts; null where the total is unknown.
   Images are counted by the piece where no tokens of them are told. #}
{% macro metered_quantity(bucket) -%}
    {%- set read = "coalesce(cache_read_tokens, 0)" -%}
    {%- set written = "coalesce(cache_write_tokens, 0)" -%}
    {%- set thought = "coalesce(reasoning_tokens, 0)" -%}
    {%- set drawn = "coalesce(output_image_tokens, 0)" -%}
    {%- if bucket == 'input' -%}
        {#- Where a provider counts the same tokens as read and as written, as Gemini does, their sum
            exceeds the input, and what is fresh is what neither holds. -#}
        case
            when {{ read }} + {{ written }} <= input_tokens
                then input_tokens - {{ read }} - {{ written }}
            when input_tokens is not null
                then greatest(input_tokens - greatest({{ read }}, {{ written }}), 0)
        end
    {%- elif bucket == 'cache_read' -%} {{ read }}
    {%- elif bucket == 'cache_write' -%} {{ written }}
    {%- elif bucket == 'output_text' -%}
        case
            when output_tokens is not null
                then greatest(output_tokens - {{ drawn }} - {{ thought }}, 0)
        end
    {%- elif bucket == 'reasoning' -%}
        {#- A provider may count one more than the whole output. -#}
        case
            when output_tokens is not null
                then greatest(least({{ thought }}, output_tokens - {{ drawn }}), 0)
        end
    {%- elif bucket == 'image' -%}
        case when {{ drawn }} > 0 then {{ drawn }} else coalesce(output_image_count, 0) end
    {%- elif bucket == 'search' -%} coalesce(web_search_count, 0)
    {%- else -%} 1
    {%- endif -%}
{%- endmacro %}


{% macro metered_unit(bucket) -%}
    {%- if bucket == 'image' -%}
        case when coalesce(output_image_tokens, 0) > 0 then 'token' else 'image' end
    {%- else -%}
        '{{ {"search": "search", "other": "request"}.get(bucket, "token") }}'
    {%- endif -%}
{%- endmacro %}


{# What a bucket takes of an attempt's cost, rounded down; null without a whole listed cost. #}
{% macro part_of_cost(bucket) -%}
    {%- set listed = "listed_" ~ bucket ~ "_cost_usd" -%}
    case
        when listed_cost_usd <= cost_usd then {{ listed }}
        when cost_usd is not null and {{ listed }} = 0 then 0
        when cost_usd is not null then {{ portion(listed, 'listed_cost_usd', 'cost_usd') }}
    end
{%- endmacro %}


{# What of that the provider charged to our own key, rounded down. #}
{% macro part_of_upstream_cost(bucket) -%}
    case
        when upstream_cost_usd = 0 then 0 * {{ part_of_cost(bucket) }}
        when upstream_cost_usd = cost_usd then {{ part_of_cost(bucket) }}
        else {{ portion(part_of_cost(bucket), 'cost_usd', 'upstream_cost_usd') }}
    end
{%- endmacro %}


{# Whether a call's list and bill can be compared: both were told, neither made of the other. #}
{% macro is_billed_and_listed() -%}
    listed_cost_usd is not null
    and cost_source in ('settled', 'reported', 'activity_export')
{%- endmacro %}


{# The last day of which this build made attempts anew, as a literal. #}
{% macro newest_touched_day() -%}
    {#- Asked for outside of the condition, so that dbt knows what it depends on. -#}
    {%- set newest -%}
        select max(started_date) from {{ ref('fct_attempts') }} where {{ touched('started_date') }}
    {%- endset -%}
    {%- set day = the_value(newest) if execute -%}
    {{ "cast('" ~ day ~ "' as date)" if day else "cast(null as date)" }}
{%- endmacro %}
