{# Why a day of the ledger and of the provider differ; the order is that of the reports. #}
{% macro difference_classes() -%}
    {{ return([
        'untracked_call',
        'other_key',
        'not_settled_yet',
        'day_not_complete',
        'byok',
        'rounding',
        'unexplained',
    ]) }}
{%- endmacro %}
