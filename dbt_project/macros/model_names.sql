{#
    How models are matched that nobody's catalogue matches. OpenRouter names one model in two ways,
    `anthropic/claude-sonnet-4.6` and the dated `anthropic/claude-4.6-sonnet-20260217`, and the rule is:

    1. letters are lower case, and a `:variant` (`:free`, `:nitro`) is dropped;
    2. a date at the end is dropped: `-20260217`, `-2025-08-07`, `-04-02` and the month and day
       `-0127`, but not `-2411`, which is a version, as no month is the 24th;
    3. what is left is compared as a set of `-` separated words within its author.

    If the rule joins two models that differ only by date, a cost moves from one line of a model
    table to another; no total changes, and a reconciled day stays reconciled.
#}
{% macro base_model(model) -%}
    regexp_replace(lower({{ model }}), ':.*$', '')
{%- endmacro %}


{% macro undated_model(model) -%}
    regexp_replace({{ base_model(model) }}, '-(20[0-9]{2}-?)?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01])$', '')
{%- endmacro %}


{% macro model_key(model) -%}
    {#- The author's last word keeps its slash, so it is never taken for a word of the name. -#}
    {{ adapter.dispatch('sorted_words')("replace(" ~ undated_model(model) ~ ", '/', '/-')") }}
{%- endmacro %}


{% macro duckdb__sorted_words(text) -%}
    array_to_string(list_sort(string_split({{ text }}, '-')), '-')
{%- endmacro %}
