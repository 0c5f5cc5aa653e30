{# Sums over the rows of a mart are the sums over all attempts, to the last digit. #}
{% test conserves_attempts(model) %}

{% set measures = [
    'cost_usd',
    'rejected_cost_usd',
    'wasted_cost_usd',
    'call_count',
    'unpriced_count',
    'in_doubt_count',
    'estimated_count',
    'input_tokens',
    'output_tokens',
    'output_image_count',
] %}

with

sums as (
    select
        {% for measure in measures %}
            coalesce(sum({{ measure }}), 0) as {{ measure }},
        {% endfor %}
        count(*) as row_count
    from {{ model }}
),

attempts as (
    select {{ attempt_measures() }} from {{ ref('fct_attempts') }}
)

select sums.*
from sums
cross join attempts
where
    false
    {% for measure in measures %}
        or sums.{{ measure }} <> attempts.{{ measure }}
    {% endfor %}

{% endtest %}
