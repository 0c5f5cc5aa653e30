{#
    Sums over the rows of a mart are the sums over the rows it was made of, to the last digit. With
    `key`, of those that this build made anew.
#}
{% test conserves(model, of, key=none) %}

{% set measures = [
    'cost_usd',
    'rejected_cost_usd',
    'wasted_cost_usd',
    'fee_share_usd',
    'call_count',
    'operation_count',
    'unpriced_count',
    'in_doubt_count',
    'estimated_count',
    'input_tokens',
    'output_tokens',
    'output_image_count',
] %}

with

sums as (
    select {{ summed_measures() }} from {{ model }}
),

parts as (
    select {{ attempt_measures() if of.identifier == 'fct_attempts' else summed_measures() }}
    from {{ of }}
    {% if key %}
        where {{ touched(key) }}
    {% endif %}
)

select sums.*
from sums
cross join parts
where
    false
    {% for measure in measures %}
        or sums.{{ measure }} <> parts.{{ measure }}
    {% endfor %}

{% endtest %}
