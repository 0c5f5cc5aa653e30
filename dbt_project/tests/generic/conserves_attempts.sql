{# Sums over the rows of a mart are the sums over all attempts, to the last digit. #}
{% test conserves_attempts(model) %}

{% set measures = [
    'cost_usd', 'rejected_cost_usd', 'wasted_cost_usd', 'call_count', 'unpriced_count',
    'in_doubt_count', 'estimated_count', 'input_tokens', 'output_tokens', 'output_image_count',
] %}

with

rolled_up as (
    select
        {%- for measure in measures %}
        coalesce(sum({{ measure }}), 0) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ model }}
),

attempts as (
    select {{ attempt_measures() }} from {{ ref('fct_attempts') }}
)

select
    attempts.cost_usd as attempts_cost_usd,
    rolled_up.*
from rolled_up
cross join attempts
where
    {%- for measure in measures %}
    {{ "or " if not loop.first }}rolled_up.{{ measure }} <> attempts.{{ measure }}
    {%- endfor %}

{% endtest %}
